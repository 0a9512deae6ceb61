"""`jangteo keys`: shows and changes the keys of personal data, in each service's own database, while it runs."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from jangteo.stack.credentials import write_private
from jangteo.stack.environment import PRIVATE, environment
from jangteo.stack.home import Home, StackError
from jangteo.stack.local import local_site
from jangteo.stack.plan import Plan
from jangteo.stack.remote import require_running

if TYPE_CHECKING:
    from jangteo.kit.postgres import Database

_TOLD = "JANGTEO_KEY_PROVIDER"
# Those whose rows are found by digests of what is sealed in them.
INDEXED = ("user",)


def run(home: Home, action: str, tenant: str | None, service: str | None, everything: bool = False) -> int:
    """Do `status`, `new-master`, `rewrap`, `rotate` or `reindex`, for one tenant and service or for all.

    Where the environment names a key provider, it names the database of `service` too; else the local mall is meant.
    Raises StackError, SettingsError.
    """
    if service is not None and service not in PRIVATE:
        raise StackError(f"{service} keeps no personal data; these do: {', '.join(PRIVATE)}")
    if action == "reindex" and service not in (None, *INDEXED):
        raise StackError(f"{service} finds nobody by what is sealed; these do: {', '.join(INDEXED)}")
    environments = [one for one in _environments(home, service) if action != "reindex" or one[0] in INDEXED]
    if action == "new-master":
        _add_master_key(environments[0][1].get(_TOLD, ""))
        action = "rewrap"
    for name, given in environments:
        try:
            asyncio.run(_do(name, given, action, tenant, everything))
        except StackError:
            if _TOLD not in os.environ:
                require_running(home)
            raise
    return 0


def _environments(home: Home, service: str | None) -> Iterator[tuple[str, Mapping[str, str]]]:
    if _TOLD in os.environ:
        if service is None:
            raise StackError("the environment names one database: say whose with --service")
        yield service, os.environ
        return
    site = local_site(home)
    for name in [service] if service else PRIVATE:
        yield name, environment(name, site) | dict(Plan.read(home).overrides.get(name, {}))


async def _do(service: str, given: Mapping[str, str], action: str, tenant: str | None, everything: bool) -> None:
    # Imported here: `jangteo --help` must not wait for them.
    from jangteo.kit.errors import JangteoError
    from jangteo.kit.postgres import open_database
    from jangteo.kit.privacy import PrivateSettings, open_vault, rotation
    from jangteo.kit.settings import load

    settings = load(PrivateSettings, service, given)
    try:
        async with (
            open_database(settings.database_url, max_size=2) as database,
            open_vault(settings, database, ()) as vault,
        ):
            if action == "rewrap":
                done = await rotation.rewrap(database, vault.tenant_keys, tenant, everything=everything)
                print(f"{service}: {done} tenant keys wrapped again")
            elif action == "rotate":
                for name in await _tenants(database, tenant):
                    for use, moved in (await rotation.rotate(database, vault.tenant_keys, name)).items():
                        print(f"{service}: {name} {use}: new key, {moved} keys moved under it")
            elif action == "reindex":
                # By name: the stack starts services, it does not know them.
                reindex = import_module(f"jangteo.{service}.reindex").reindex
                for name in await _tenants(database, tenant):
                    for use, moved in (await reindex(database, vault, name)).items():
                        print(f"{service}: {name} {use}: new key, {moved} rows found by it")
            for state in await rotation.status(database, tenant) if action == "status" else ():
                print(f"{service:<10} {_line(state)}")
    except JangteoError as error:
        raise StackError(f"{service}: {error}") from error


async def _tenants(database: "Database", tenant: str | None) -> list[str]:
    from jangteo.kit.privacy import rotation

    return sorted({state.tenant for state in await rotation.status(database, tenant)})


def _line(state: object) -> str:
    from jangteo.kit.privacy.rotation import KeyState

    assert isinstance(state, KeyState)  # noqa: S101  (for the type checker: the import is late)
    master = f"{state.provider_key} {state.provider_version}" if state.provider_version else state.provider_key
    what = f"retired {state.retired_at:%Y-%m-%d}" if state.retired_at else f"under {master}"
    rows = "" if state.rows is None else f"  {state.rows} keys"
    return f"{state.tenant:<16} {state.use:<22} {state.version:>3}  {state.created_at:%Y-%m-%d}  {what}{rows}"


def _add_master_key(provider: str) -> None:
    """Add a version to the master keys of a file; other providers have their own way."""
    from base64 import b64encode

    from jangteo.kit.privacy.providers.local import parse_keys
    from jangteo.kit.privacy.sealing import new_key

    if not provider.startswith("file:"):
        raise StackError("only a file of master keys gets a new one here; elsewhere make it there, then `keys rewrap`")
    path = Path(unquote(urlsplit(provider).path))
    try:
        keys = parse_keys(path.read_text())
    except (OSError, ValueError) as error:
        raise StackError(f"{path}: {error}") from error
    keys[max(keys) + 1] = new_key()
    write_private(path, "".join(f"{version}:{b64encode(key).decode()}\n" for version, key in sorted(keys.items())))
    print(f"{path}: master key {max(keys)} added")
