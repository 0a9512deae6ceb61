"""Where PostgreSQL keeps its files, which depends on who runs it: it refuses root, and its user must get there."""

import os
import pwd
from functools import lru_cache
from pathlib import Path

from jangteo.stack.home import Home
from jangteo.stack.unit import User

POSTGRES = "postgres"
_UNPRIVILEGED = "nobody"
# sun_path holds 108 bytes with the NUL at the end, and the socket is called .s.PGSQL.<port>.
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.65535")


def unprivileged_user() -> User | None:
    """Return whom PostgreSQL runs as: it refuses root, so then `nobody`; None means ourselves."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam(_UNPRIVILEGED)
    return entry.pw_uid, entry.pw_gid


def reachable(path: Path, uid: int) -> bool:
    """Say whether user `uid`, a member of no group, may enter `path` and every folder above it."""
    for folder in (path, *path.parents):
        found = folder.stat()
        if not found.st_mode & (0o100 if found.st_uid == uid else 0o001):
            return False
    return True


@lru_cache
def postgres_data(home: Home) -> Path:
    """Return PostgreSQL's data folder; it lies outside of the home where its user cannot enter that."""
    user = unprivileged_user()
    return (home.data if user is None or reachable(home.data, user[0]) else home.outside) / POSTGRES


def postgres_sockets(home: Home) -> Path | None:
    """Return the folder of PostgreSQL's Unix socket, closed to every user but its own and root; None: there is none.

    A round trip through it costs both sides about a quarter less CPU than one over TCP. A path that is too long has
    none, nor one with a comma, by which the drivers part several hosts.
    """
    folder = postgres_data(home)
    fits = len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER and "," not in str(folder)
    return folder if fits else None
