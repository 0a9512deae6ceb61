"""A flame graph of one process of the mall under load: `python -m bench.flame order --operation checkout`.

py-spy looks into the running process from outside, so nothing has to be built into it.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bench.operations import OPERATIONS, Operation, open_shop
from bench.settings import QUICK
from jangteo.stack.mall import Mall

RESULTS = Path(__file__).parent / "results"
RATE = 200  # samples a second; a step of 5 ms
BUYERS = 8
_PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")


class RecordingFailed(Exception):
    """There is no flame graph; the message says why, and what to do."""


def record(mall: Mall, unit: str, seconds: float, path: Path) -> int:
    """Record the Python code of `unit` (a service) for `seconds` into an SVG at `path`; return the samples taken.

    Blocks meanwhile; somebody else makes the load. Raises RecordingFailed.
    """
    pid = mall.pid(unit)
    if pid is None:
        raise RecordingFailed(f"there is no process {unit!r} in the mall, or it is down")
    return record_process(pid, seconds, path)


def record_process(pid: int, seconds: float, path: Path) -> int:
    """Record one Python process, see `record`. Raises RecordingFailed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [_py_spy(), "record", "--pid", str(pid), "--duration", str(max(1, round(seconds)))]
    command += ["--rate", str(RATE), "--format", "flamegraph", "--output", str(path), "--function", "--nonblocking"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode or not path.exists():
        raise RecordingFailed(why(said))
    return _samples(said)


def _py_spy() -> str:
    found = shutil.which("py-spy", path=sysconfig.get_path("scripts")) or shutil.which("py-spy")
    if found is None:
        raise RecordingFailed("py-spy is not installed; `make check` installs it with the other tools")
    return found


def why(said: str) -> str:
    """Return what is to be done about an error of py-spy."""
    if "find python version" in said:
        return "that is no Python process; of the mall these are the services, without the gateway's Envoy"
    if "permission denied" not in said.lower() and "operation not permitted" not in said.lower():
        return f"py-spy failed: {said.strip()[:600]}"
    try:
        scope = _PTRACE_SCOPE.read_text().strip()
    except OSError:
        scope = "unknown"
    return (
        f"this system lets no user look into another process (kernel.yama.ptrace_scope is {scope}).\n"
        "Either allow it until the next start of the machine: sudo sysctl kernel.yama.ptrace_scope=0\n"
        f"or run this as root: sudo {sys.executable} -m bench.flame …\n"
        "In a container, start it with --cap-add=SYS_PTRACE."
    )


def _samples(said: str) -> int:
    words = said.replace("Samples: ", "Samples:").split()
    return next((int(word.removeprefix("Samples:")) for word in words if word.startswith("Samples:")), 0)


def under_load(mall: Mall, unit: str, operation: Operation, seconds: float, path: Path, buyers: int = BUYERS) -> int:
    """Record `unit` while `buyers` repeat `operation`; return the samples taken. Raises RecordingFailed."""
    stop, warm = threading.Event(), threading.Event()
    load = threading.Thread(target=lambda: asyncio.run(_drive(mall.url, operation, buyers, warm, stop)), daemon=True)
    load.start()
    try:
        while not warm.wait(0.5):
            if not load.is_alive():
                raise RecordingFailed("the load ended before the recording began; its error is above")
        return record(mall, unit, seconds, path)
    finally:
        stop.set()
        load.join()


async def _drive(url: str, operation: Operation, buyers: int, warm: threading.Event, stop: threading.Event) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        shop = await open_shop(url, session, members=buyers)

        async def buyer() -> None:
            for _ in range(5):
                await operation(shop)
            warm.set()
            while not stop.is_set():
                await operation(shop)

        await asyncio.gather(*(buyer() for _ in range(buyers)))


def main() -> None:
    """Start a mall, load it, and record one service."""
    options = argparse.ArgumentParser(prog="python -m bench.flame", description=__doc__)
    options.add_argument("unit", help="a service: order, product, payment, …")
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--operation", default="checkout", help="part of the name of an operation")
    options.add_argument("--products", type=int, default=1_000)
    given = options.parse_args()
    operation = next((one for name, one in OPERATIONS.items() if given.operation in name), None)
    if operation is None:
        raise SystemExit(f"no operation is called so; there are: {', '.join(OPERATIONS)}")
    home = Path(tempfile.mkdtemp(prefix="jangteo-flame-"))
    home.chmod(0o711)
    path = RESULTS / f"flame-{given.unit}-{datetime.now(UTC):%Y%m%d-%H%M%S}.svg"
    overrides = {**QUICK, "product": {"JANGTEO_DEMO_PRODUCTS": str(given.products)}}
    with Mall(home, overrides=overrides) as mall:
        mall.up()
        try:
            samples = under_load(mall, given.unit, operation, given.seconds, path)
        except RecordingFailed as failure:
            raise SystemExit(f"no flame graph: {failure}") from None
    print(f"{samples} samples of {given.unit} in {os.path.relpath(path)}; open it in a browser")


if __name__ == "__main__":
    main()
