"""`make soak`: a mall of its own under steady load, then at rest, then the verdict; exit code 1 where a line fails."""

import argparse
import asyncio
import contextlib
import json
import platform
import secrets
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bench.oracle import Oracle
from bench.settings import QUICK
from bench.soak.crowd import Crowd, gather
from bench.soak.readings import Reader
from bench.soak.stock_taking import errors_logged, leftovers, oldest, take_inventory
from bench.soak.verdict import Line, Run, judge
from jangteo.kit.pruning import LOOK_EVERY_SECONDS
from jangteo.stack.environment import DATABASES
from jangteo.stack.mall import Mall

RESULTS = Path(__file__).parent.parent / "results"
READ_EVERY_SECONDS = 3.0
LEAST_MINUTES = 4.0
WARM_SHARE, LEAST_WARM_SECONDS = 0.3, 60.0
# What is kept for weeks is kept for two minutes here, so that a short run sees it go.
KEPT_SECONDS = 120.0
# The look at old rows comes after one and a half of its usual pauses at the latest, and takes some batches.
OLDEST_ALLOWED = KEPT_SECONDS + 1.5 * LOOK_EVERY_SECONDS + 20
REST_SECONDS = OLDEST_ALLOWED - KEPT_SECONDS + 15


def main() -> None:
    """Run, print the verdict, store it."""
    options = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    options.add_argument("minutes", type=float, help="of load")
    options.add_argument("--rate", type=float, default=6.0, help="people who come in a second; a third of them order")
    options.add_argument("--seed", type=int, default=None)
    given = options.parse_args()
    if given.minutes < LEAST_MINUTES:
        options.error(f"a slope needs {LEAST_MINUTES:g} minutes at least")
    seed = given.seed if given.seed is not None else secrets.randbelow(10**6)
    home = Path(tempfile.mkdtemp(prefix="jangteo-soak-"))
    home.chmod(0o711)
    print(f"seed {seed}: {given.minutes:g} minutes of {given.rate:g} people a second, then rest", flush=True)
    with Mall(home, overrides=overrides()) as mall:
        mall.up()
        crowd, run = asyncio.run(soak(mall, given.minutes * 60, given.rate, seed))
    lines = judge(run)
    show(lines, crowd)
    store(lines, run, crowd, {"minutes": given.minutes, "rate": given.rate, "seed": seed})
    if failed := [line.what for line in lines if line.good is False]:
        print(f"\nseed {seed}: not as it should be: {', '.join(failed)}")
        sys.exit(1)
    print("\nnothing grows that should not")


def overrides() -> dict[str, dict[str, str]]:
    """Return the settings of the mall: short waits, and short memories."""
    kept = {
        "JANGTEO_INBOX_DAYS": str(KEPT_SECONDS / 86_400),
        "JANGTEO_IDEMPOTENCY_HOURS": str(KEPT_SECONDS / 3_600),
        "JANGTEO_WEBHOOK_DAYS": str(KEPT_SECONDS / 86_400),
    }
    return QUICK | {name: QUICK.get(name, {}) | kept for name in DATABASES}


async def soak(mall: Mall, seconds: float, rate: float, seed: int) -> tuple[Crowd, Run]:
    """Load the mall for so many seconds, let it rest, and return what was seen."""
    connector = aiohttp.TCPConnector(limit=100)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        crowd, reader = await gather(mall.url, session, seed), Reader(mall, session)
        before = await take_inventory(mall, reader)
        reading = asyncio.create_task(reader.keep_reading(READ_EVERY_SECONDS))
        await crowd.come(seconds, rate)
        ended = reader.now
        print(f"{crowd.orders} orders; the mall rests", flush=True)
        faults = await _rest(mall, REST_SECONDS)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        reader.readings.append(await reader.read())
        run = Run(
            readings=reader.readings,
            warm_at=max(LEAST_WARM_SECONDS, seconds * WARM_SHARE),
            load_ended_at=ended,
            orders=crowd.orders,
            before=before,
            after=await take_inventory(mall, reader),
            ages=await oldest(reader),
            oldest_allowed=OLDEST_ALLOWED,
            left=await leftovers(reader),
            members=len(crowd.shop.members),
            errors=errors_logged(mall),
            failed=crowd.failed,
            restarts=sum(unit["restarts"] for unit in mall.status()["units"]),
            faults=faults,
        )
        await reader.close()
        return crowd, run


async def _rest(mall: Mall, seconds: float) -> list[str]:
    """Wait until every deadline is over and what is old has gone; return what the oracle then finds amiss."""
    await asyncio.sleep(seconds)
    oracle = Oracle(mall)
    try:
        await oracle.settled(seconds=60)
        await oracle.assert_exact()
    except AssertionError as error:
        return str(error).splitlines()[:5]
    return []


def show(lines: list[Line], crowd: Crowd) -> None:
    """Print the verdict."""
    print("done: " + ", ".join(f"{count} {name}" for name, count in crowd.done.most_common()))
    print("refused: " + (", ".join(f"{count} {code}" for code, count in crowd.refused.items()) or "none") + "\n")
    marks = {True: "ok  ", False: "FAIL", None: "    "}
    for line in lines:
        print(f"{marks[line.good]} {line.what:<42} {line.figures}")


def store(lines: list[Line], run: Run, crowd: Crowd, asked: dict[str, Any]) -> None:
    """Keep the verdict and every reading as JSON."""
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    document = {
        "at": at.isoformat(),
        "machine": f"{platform.machine()}, {platform.system()} {platform.release()}",
        **asked,
        "done": crowd.done,
        "verdict": [line._asdict() for line in lines],
        "before": asdict(run.before),
        "after": asdict(run.after),
        "readings": [reading.plain() for reading in run.readings],
    }
    path = RESULTS / f"soak-{at:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(document, indent=1))
    print(f"\nstored in {path}")


if __name__ == "__main__":
    main()
