"""Which port each process listens on: free when first chosen, then the same for ever, so that addresses stay true.

Ports lie below the kernel's range for outgoing connections: a port inside it could be taken by somebody's connection
in the moment in which a killed process is being restarted.
"""

import errno
import json
import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from jangteo.stack.home import StackError

HOST = "127.0.0.1"
_FIRST, _LAST = 20_000, 32_000
_TRIES = 2_000


def is_free(port: int) -> bool:
    """Say whether a server could listen on `port` now; connections that are still winding down do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def reserve(port: int) -> socket.socket | None:
    """Take `port` without listening, so that no other mall picks it; None where somebody has it.

    A server that sets SO_REUSEADDR, as all of ours do, can still listen on it.
    """
    guard = socket.socket()
    try:
        guard.bind((HOST, port))
    except OSError:
        guard.close()
        return None
    guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return guard


class Ports:
    """The remembered ports of one mall. New choices are kept from other malls until `release`."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._guards: list[socket.socket] = []

    def known(self) -> dict[str, int]:
        """Return what is remembered, by name; empty before the first start."""
        try:
            found: dict[str, int] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise StackError(f"{self._file} cannot be read ({error}): remove it to choose ports anew") from error
        return found

    def settle(self, names: Iterable[str], preferred: Mapping[str, int]) -> dict[str, int]:
        """Return a port for each of `names`, keeping remembered ones that are still free, and remember them all.

        Call it only while none of the mall's own processes runs. `preferred` is tried for a name that has no port.
        """
        known = self.known()
        chosen: dict[str, int] = {}
        for name in names:
            wanted = [port for port in (known.get(name), preferred.get(name)) if port]
            port = next((port for port in wanted if port not in chosen.values() and is_free(port)), None)
            chosen[name] = port or self._pick(set(chosen.values()))
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(chosen, indent=1))
        temporary.replace(self._file)
        return chosen

    def release(self) -> None:
        """Stop keeping the new choices."""
        while self._guards:
            self._guards.pop().close()

    def _pick(self, taken: set[int]) -> int:
        for _ in range(_TRIES):
            port = random.randrange(_FIRST, _LAST)  # noqa: S311  (nothing secret about a port)
            if port not in taken and (guard := reserve(port)):
                self._guards.append(guard)
                return port
        raise StackError(f"no free port between {_FIRST} and {_LAST} on {HOST}")
