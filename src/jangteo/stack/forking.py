"""The zygote itself: imports what every service needs, then forks into one service after the other as asked.

It has no thread and no event loop, which a fork would copy in a broken state.
"""

import ctypes
import gc
import json
import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

import jangteo.contracts
import jangteo.kit
from jangteo.stack.child import Birth, become, name_thread

_CONTROL = 0
_LONGEST_REQUEST = 1 << 20
_PARENT_SECONDS = 0.001
_ARGUMENTS_START, _ARGUMENTS_END = 45, 46  # of /proc/self/stat, counted behind the name
# Alembic's own, which migrations only need, and which acts when imported.
_LEFT_OUT = ("jangteo.kit.migrations", "jangteo.kit.alembic")
_LIBRARIES = (
    "email.message",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
)


def main() -> None:
    """Serve requests until the supervisor closes its end, or until this process has become a service."""
    supervisor = os.getppid()
    import_libraries()
    gc.collect()
    gc.freeze()  # so that the collector does not write to, and thereby copy, what the forks share
    name_thread("zygote")
    while line := _read_request():
        request = json.loads(line)
        if _fork():
            _serve(request, supervisor)
            return


def import_libraries() -> None:
    """Import the kit, the contracts and, by them, the libraries."""
    for package in (jangteo.kit, jangteo.contracts):
        for module in walk_packages(package.__path__, package.__name__ + "."):
            if not module.name.startswith(_LEFT_OUT):
                import_module(module.name)
    for library in _LIBRARIES:
        import_module(library)


def _read_request() -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(_CONTROL, _LONGEST_REQUEST)
        if not part:
            return b""
        line += part
    return line


def _fork() -> bool:
    """Fork twice; True in the grandchild, which the supervisor adopts when the child between them has told its pid."""
    between = os.fork()
    if between:
        os.waitpid(between, 0)
        return False
    between = os.getpid()
    grandchild = os.fork()
    if grandchild:
        os.write(_CONTROL, str(grandchild).encode())
        os._exit(0)
    while os.getppid() == between:
        time.sleep(_PARENT_SECONDS)
    return True


def _serve(request: dict[str, Any], supervisor: int) -> None:
    name = request["name"]
    birth = Birth(request["environment"], Path(request["folder"]), Path(request["output"]), request["death_signal"])
    become(birth, supervisor)
    # As a Python that starts by itself does: else a caller who hangs up while it is answered ends the service.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(birth.environment)
    sys.argv = ["jangteo", "serve", name]
    name_thread(name)
    _show_as(f"jangteo serve {name}")
    from jangteo.cli import main as jangteo

    sys.exit(jangteo(sys.argv[1:]))


def _show_as(title: str) -> None:
    """Write `title` over the arguments that this process was started with, so that `ps` shows it."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[_ARGUMENTS_START]), int(fields[_ARGUMENTS_END])
    room = end - start - 1
    ctypes.memmove(start, title.encode()[:room].ljust(room, b"\0"), room)


if __name__ == "__main__":
    main()
