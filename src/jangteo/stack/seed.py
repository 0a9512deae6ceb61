"""Fills an empty mall with the demo shop: each service's own seeder, run in that service's environment."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module

from jangteo.stack.credentials import write_private
from jangteo.stack.environment import Site, environment
from jangteo.stack.home import Home
from jangteo.stack.local import local_site
from jangteo.stack.plan import Plan

_ACCOUNTS = "accounts.json"


def seed(home: Home) -> int:
    """Run the seeders; each does nothing where its shop is not empty. Raises StackError where there is no mall."""
    site = local_site(home)
    with _in_environment_of("product", site):
        failed = import_module("jangteo.product.seed").main()
    printed = io.StringIO()
    with _in_environment_of("user", site), redirect_stdout(printed):
        failed = import_module("jangteo.user.seed").main() or failed
    if printed.getvalue().strip():
        json.loads(printed.getvalue())
        write_private(home.data / _ACCOUNTS, printed.getvalue())
    return int(failed)


def accounts(home: Home) -> list[dict[str, str]]:
    """Return the demo accounts that the user service's seeder made; empty before it has."""
    try:
        found: list[dict[str, str]] = json.loads((home.data / _ACCOUNTS).read_text())
    except FileNotFoundError:
        return []
    return found


@contextmanager
def _in_environment_of(service: str, site: Site) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(environment(service, site) | dict(Plan.read(site.home).overrides.get(service, {})))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
