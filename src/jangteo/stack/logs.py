"""The logs of the processes: one file each, the previous one kept beside it when it has grown large."""

import asyncio
import json
import shutil
import sys
import time
from pathlib import Path

from jangteo.stack.home import Home, StackError

_ROTATE_BYTES = 10 * 1024 * 1024
LOOK_SECONDS = 20.0
_TAIL_BYTES = 256 * 1024
_FOLLOW_SECONDS = 0.2


def rotate(log: Path) -> None:
    """Move a log that has grown large to `<name>.1`; called before its process starts."""
    if log.exists() and log.stat().st_size > _ROTATE_BYTES:
        log.replace(log.with_name(log.name + ".1"))


def shorten(log: Path, most: int = _ROTATE_BYTES) -> bool:
    """Empty a log that has grown beyond `most` bytes, its text going to `<name>.1`; return whether it had.

    Its process goes on writing to the same file, at its new end. A line that it writes in the microseconds between
    the last look and the emptying is lost.
    """
    with log.open("r+b") as source:
        if source.seek(0, 2) <= most:
            return False
        fresh = log.with_name(log.name + ".new")
        with fresh.open("wb") as target:
            source.seek(0)
            shutil.copyfileobj(source, target, 1 << 20)
            shutil.copyfileobj(source, target)
            source.truncate(0)
        fresh.replace(log.with_name(log.name + ".1"))
    return True


async def keep_short(home: Home) -> None:
    """Look at all logs now and then, for ever: processes that never stop must not fill the disk."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        for log in home.logs.glob("*.log"):
            try:
                shorten(log)
            except OSError as error:
                print(f"the log {log.name} cannot be shortened: {error}", flush=True)


def tail(log: Path, lines: int) -> str:
    """Return the last `lines` lines, empty where there is no log yet."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        text = file.read().decode(errors="replace")
    return "".join(text.splitlines(keepends=True)[-lines:]) if lines else ""


def readable(line: str) -> str:
    """Return a line of our services' JSON logs as a person reads it; any other line as it is."""
    try:
        entry = json.loads(line)
        text = f"{entry['time'][11:19]} {entry['level']} {entry['message']}"
    except (ValueError, KeyError, TypeError):
        return line.rstrip("\n")
    return f"{text}\n{entry['exception']}" if "exception" in entry else text


def show(home: Home, name: str, lines: int, follow: bool) -> int:
    """Print the end of a log, and with `follow` what is added to it until Ctrl-C."""
    log = home.log(name)
    if not log.exists():
        known = ", ".join(sorted(file.stem for file in home.logs.glob("*.log"))) or "none yet"
        raise StackError(f"no log called {name}; there are: {known}")
    position = log.stat().st_size
    sys.stdout.write(tail(log, lines))
    sys.stdout.flush()
    while follow:
        time.sleep(_FOLLOW_SECONDS)
        if not log.exists():
            continue
        if log.stat().st_size < position:
            position = 0  # rotated
        with log.open("rb") as file:
            file.seek(position)
            added = file.read()
        position += len(added)
        sys.stdout.write(added.decode(errors="replace"))
        sys.stdout.flush()
    return 0
