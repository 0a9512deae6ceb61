"""How our own Python services are started: each by `jangteo serve NAME`, told everything by its environment."""

import os
import sys
from collections.abc import Mapping

from jangteo.stack.environment import Site, environment
from jangteo.stack.probes import all_answer, http_ok
from jangteo.stack.unit import Unit

_TITLES = {
    "user": "accounts, sessions, permissions",
    "product": "catalogue, search, stock",
    "cart": "carts",
    "order": "orders and their saga",
    "payment": "payments and ledger",
    "shipping": "fees, shipments, tracking",
    "notification": "mails",
    "operations": "services, queues, parked messages",
    "sandbox-pay": "pretend payment provider",
    "sandbox-carrier": "pretend carrier",
    "mailbox": "local mailbox",
    "web": "storefront and back office",
    "gateway": "gateway (Envoy)",
}
# Without these a program may not find its libraries, its time zone or a folder for temporary files.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")


def outer_environment() -> dict[str, str]:
    """Return the few variables of the caller that a process of the mall may see."""
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"PYTHONUNBUFFERED": "1"}


def unit(name: str, site: Site, overrides: Mapping[str, str]) -> Unit:
    """Return how to run service `name`; `overrides` are added to its environment."""
    given = outer_environment() | environment(name, site) | dict(overrides)
    port = int(given["JANGTEO_PORT"])
    # Envoy is a process of its own within the gateway, and hangs by itself.
    inner = [site.ports["gateway.admin"]] if name == "gateway" else []
    return Unit(
        name=name,
        what=_TITLES[name],
        address=f"http://{given['JANGTEO_HOST']}:{port}",
        arguments=(sys.executable, "-m", "jangteo.cli", "serve", name),
        environment=given,
        folder=site.home.state(name),
        ready=lambda: http_ok(port, "/health/ready"),
        alive=lambda: all_answer(port, *inner),
        service=True,
    )
