"""`make bench`: CPU milliseconds per operation, by process, of a warm mall with a large catalogue."""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bench.cpu import cpu_seconds, memory_mebibytes, spent
from bench.operations import OPERATIONS, Operation, Shop, checkout, open_shop
from bench.settings import QUICK
from jangteo.stack.mall import Mall

RESULTS = Path(__file__).parent / "results"
# They stand for other companies' machines: their cost is told, beside the mall's own.
OUTSIDE = ("sandbox-pay", "sandbox-carrier", "mailbox")
SETTLE_SECONDS = 3.0  # what an operation leaves to be done in the background is part of its price


@dataclass
class Figure:
    """One operation as measured; `cpu_ms` counts every process of the mall, servers and gateway included."""

    operation: str
    requests: int
    errors: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    cpu_ms_outside: float
    cpu_ms_by_process: dict[str, float]


def main() -> None:
    """Start a mall, measure, print a table, and store the figures."""
    options = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    options.add_argument("--products", type=int, default=10_000)
    options.add_argument("--seconds", type=float, default=15.0, help="per operation")
    options.add_argument("--buyers", type=int, default=8, help="at the same time")
    options.add_argument("--rate", type=float, default=20.0, help="orders a second in the open loop")
    options.add_argument("--only", default="", help="measure operations whose name contains this")
    given = options.parse_args()
    home = Path(tempfile.mkdtemp(prefix="jangteo-bench-"))
    home.chmod(0o711)
    overrides = {
        **QUICK,
        "product": {"JANGTEO_DEMO_PRODUCTS": str(given.products)},
        # A checkout is measured up to the announced parcel; its journey is no part of it.
        "sandbox-carrier": {"JANGTEO_SPEED": "3600"},
    }
    with Mall(home, overrides=overrides) as mall:
        print(f"starting a mall with {given.products:,} products …", flush=True)
        mall.up()
        time.sleep(SETTLE_SECONDS)
        memory = memory_mebibytes(mall)
        wanted = {name: operation for name, operation in OPERATIONS.items() if given.only in name}
        figures = asyncio.run(_measure_all(mall, wanted, given.seconds, given.buyers, given.rate))
    _show(figures, memory)
    _store(figures, memory, given.products)


async def _measure_all(
    mall: Mall, operations: dict[str, Operation], seconds: float, buyers: int, rate: float
) -> list[Figure]:
    connector = aiohttp.TCPConnector(limit=200)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        shop = await open_shop(mall.url, session, members=max(buyers, 20))
        figures = []
        for name, operation in operations.items():
            await _drive(operation, shop, seconds / 3, buyers)
            figures.append(await _measure(mall, name, operation, shop, seconds, buyers))
            print(f"  {name}: {figures[-1].cpu_ms:.2f} ms CPU", flush=True)
        if checkout in operations.values():
            name = f"checkouts, {rate:g}/s arriving"
            figures.append(await _measure(mall, name, checkout, shop, seconds, buyers, rate=rate))
        return figures


async def _measure(
    mall: Mall, name: str, operation: Operation, shop: Shop, seconds: float, buyers: int, *, rate: float = 0.0
) -> Figure:
    idle = await _idle(mall)
    before, started = cpu_seconds(mall), time.monotonic()
    drive = _arrive(operation, shop, seconds, rate) if rate else _drive(operation, shop, seconds, buyers)
    times, errors = await drive
    driven = time.monotonic() - started
    await asyncio.sleep(SETTLE_SECONDS)
    elapsed = time.monotonic() - started
    used = {
        unit: max(0.0, value - idle.get(unit, 0.0) * elapsed)
        for unit, value in spent(before, cpu_seconds(mall)).items()
    }
    per_operation = {unit: round(1000 * value / len(times), 3) for unit, value in used.items() if value}
    ordered = sorted(times)
    return Figure(
        operation=name,
        requests=len(times),
        errors=errors,
        per_second=round(len(times) / driven, 1),
        p50_ms=round(1000 * statistics.median(ordered), 1),
        p99_ms=round(1000 * ordered[int(len(ordered) * 0.99)], 1),
        cpu_ms=round(sum(value for unit, value in per_operation.items() if unit not in OUTSIDE), 2),
        cpu_ms_outside=round(sum(value for unit, value in per_operation.items() if unit in OUTSIDE), 2),
        cpu_ms_by_process=per_operation,
    )


async def _idle(mall: Mall) -> dict[str, float]:
    """Return what each process uses in a second of doing nothing: heartbeats and sweeps are not the operation's."""
    before = cpu_seconds(mall)
    await asyncio.sleep(SETTLE_SECONDS)
    return {unit: value / SETTLE_SECONDS for unit, value in spent(before, cpu_seconds(mall)).items()}


async def _drive(operation: Operation, shop: Shop, seconds: float, buyers: int) -> tuple[list[float], int]:
    """Repeat `operation` by so many buyers at a time; return the seconds each took, and how many failed."""
    end, times, errors = time.monotonic() + seconds, [], 0

    async def buyer() -> None:
        nonlocal errors
        while time.monotonic() < end:
            started = time.monotonic()
            try:
                await operation(shop)
            except Exception as error:
                errors += 1
                if errors == 1:
                    print(f"  first error: {error!r}", flush=True)
                if errors > 200:
                    raise
            else:
                times.append(time.monotonic() - started)

    await asyncio.gather(*(buyer() for _ in range(buyers)))
    return times, errors


async def _arrive(operation: Operation, shop: Shop, seconds: float, rate: float) -> tuple[list[float], int]:
    """Begin `operation` `rate` times a second whether or not the ones before are done, as strangers do."""
    times: list[float] = []
    failures: list[Exception] = []

    async def one() -> None:
        started = time.monotonic()
        try:
            await operation(shop)
        except Exception as error:
            failures.append(error)
        else:
            times.append(time.monotonic() - started)

    began, begun = time.monotonic(), []
    for number in range(round(seconds * rate)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        begun.append(asyncio.create_task(one()))
    await asyncio.gather(*begun)
    return times, len(failures)


def _show(figures: Sequence[Figure], memory: dict[str, float]) -> None:
    print(f"\n{'operation':<24}{'CPU ms':>8}{'outside':>9}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'errors':>8}")
    for figure in figures:
        print(
            f"{figure.operation:<24}{figure.cpu_ms:>8.2f}{figure.cpu_ms_outside:>9.2f}{figure.per_second:>9.1f}"
            f"{figure.p50_ms:>9.1f}{figure.p99_ms:>9.1f}{figure.errors:>8}"
        )
        parts = [f"{unit} {value:.2f}" for unit, value in figure.cpu_ms_by_process.items() if value >= 0.01]
        print(f"    {', '.join(parts)}")
    print(f"\nmemory at idle, PSS: {sum(memory.values()):.0f} MiB")
    print(
        "    " + ", ".join(f"{unit} {value:.0f}" for unit, value in sorted(memory.items(), key=lambda item: -item[1]))
    )


def _store(figures: Sequence[Figure], memory: dict[str, float], products: int) -> None:
    RESULTS.mkdir(exist_ok=True)
    at = datetime.now(UTC)
    document = {
        "at": at.isoformat(),
        "products": products,
        "figures": [asdict(figure) for figure in figures],
        "memory_mib": memory,
    }
    path = RESULTS / f"{at:%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(document, indent=2))
    print(f"\nstored in {path}")


if __name__ == "__main__":
    main()
