"""Whether the mall gets slower as it grows: `python -m bench.scale` measures it at several sizes and says so.

Malls are kept between the steps, so that each can be done by itself: `prepare`, `measure`, `report`. By default all.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

from bench.cpu import cpu_seconds, memory_mebibytes
from bench.fill import doors_of, fill, verify
from bench.scale_operations import OPERATIONS, Ground, find_ground, heavy_buyers
from bench.scale_report import Measured, Point, report
from bench.settings import QUICK
from jangteo.kit.postgres import open_database
from jangteo.stack.mall import Mall

RESULTS = Path(__file__).parent / "results"
TENANT = "demo"
HEAVY, HEAVY_ORDERS = 2, 1_200  # members with a long history, the same at every size
POINTS = (
    *(Point(products, 0) for products in (1_000, 10_000, 100_000)),
    *(Point(1_000, orders) for orders in (3_000, 10_000, 100_000)),
)
ROUNDS = 3
AT_ONCE = 4
IDLE_SECONDS, SETTLE_SECONDS = 4.0, 0.5
# A mall that has just come up with many products is still at work on its index; what it uses then is nobody's rest.
REST_CORES, REST_WITHIN_SECONDS = 0.3, 900.0
OUTSIDE = ("sandbox-pay", "sandbox-carrier", "mailbox")


@dataclass(frozen=True)
class Place:
    """Where the malls of a run are kept."""

    folder: Path

    def mall(self, point: Point) -> Mall:
        """Return the mall of a point: one for each number of products, one that orders are added to."""
        home = self.folder / (f"products-{point.products}" if not point.orders else "orders")
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
        overrides = {
            **QUICK,
            "product": {"JANGTEO_DEMO_PRODUCTS": str(point.products)},
            "sandbox-carrier": {"JANGTEO_SPEED": "3600"},
        }
        return Mall(home, overrides=overrides, keep=True)

    def results(self, point: Point) -> Path:
        """Return the file of what was measured at a point."""
        return self.folder / f"measured-{point.products}-{point.orders}.json"


def prepare(place: Place, point: Point) -> None:
    """Make the mall of `point`, with its products and at least its orders."""
    began = time.monotonic()
    with place.mall(point) as mall:
        mall.up()
        said = f"{point}: up after {time.monotonic() - began:.0f} s"
        if point.orders:
            said += asyncio.run(_fill(mall, point.orders))
        print(said, flush=True)


async def _fill(mall: Mall, orders: int) -> str:
    doors = doors_of(mall)
    async with open_database(doors.url) as database:
        async with database.read(TENANT) as reader:
            there = await reader.fetchval("SELECT count(*) FROM order_views WHERE tenant = $1", TENANT)
        missing = orders - there
        if missing <= 0:
            return f", {there} orders there already"
        heavy: list[UUID] = [] if there else [UUID(buyer.member["id"]) for buyer in await heavy_buyers(mall, HEAVY)]
        seconds = await fill(doors, TENANT, missing, heavy, HEAVY_ORDERS, seed=there + 1)
        same = await verify(database, TENANT)
    return f", {missing} orders made in bulk in {seconds:.0f} s, {same} of them compared with their events"


def measure(place: Place, point: Point, only: str = "") -> list[Measured]:
    """Measure every operation that has to do with what grows at `point`, warm, in rounds; store and return it."""
    axis = "orders" if point.orders else "products"
    wanted = {name: one for name, one in OPERATIONS.items() if axis in one.axes and only in name}
    with place.mall(point) as mall:
        mall.up()
        measured = asyncio.run(_measure(mall, point, wanted))
        memory = {name: round(value) for name, value in memory_mebibytes(mall).items()}
    document = {"point": asdict(point), "at": datetime.now(UTC).isoformat(), "memory_mib": memory}
    document["measured"] = [asdict(one) for one in measured]
    if not only:
        place.results(point).write_text(json.dumps(document, indent=2))
    return measured


async def _measure(mall: Mall, point: Point, operations: dict[str, Any]) -> list[Measured]:
    connector = aiohttp.TCPConnector(limit=50)
    found: list[Measured] = []
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        ground = await find_ground(mall, session, HEAVY if point.orders else 0)
        idle = await _at_rest(mall)
        for name, operation in operations.items():
            await _round(mall, ground, operation, idle, operation.count // 3)
            rounds = [await _round(mall, ground, operation, idle, operation.count) for _ in range(ROUNDS)]
            times = sorted(one for _, seconds, _ in rounds for one in seconds)
            split: dict[str, float] = {}
            for _, _, parts in rounds:
                for unit, value in parts.items():
                    split[unit] = split.get(unit, 0.0) + value / ROUNDS
            found.append(
                Measured(
                    operation=name,
                    requests=len(times),
                    cpu_ms=[round(cpu, 3) for cpu, _, _ in rounds],
                    p50_ms=round(1000 * times[len(times) // 2], 2),
                    p99_ms=round(1000 * times[int(len(times) * 0.99)], 2),
                    cpu_ms_by_process={unit: round(value, 3) for unit, value in split.items() if value >= 0.005},
                )
            )
            print(f"  {name}: {found[-1].cpu_ms} ms CPU, p50 {found[-1].p50_ms} ms {found[-1].cpu_ms_by_process}")
    return found


async def _at_rest(mall: Mall) -> dict[str, float]:
    """Return the cores that each process uses once the mall has come to rest. Raises TimeoutError where it does not."""
    deadline = time.monotonic() + REST_WITHIN_SECONDS
    while sum((idle := await _idle(mall)).values()) > REST_CORES:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the mall still uses {sum(idle.values()):.2f} cores, for no one: {idle}")
    return idle


async def _idle(mall: Mall) -> dict[str, float]:
    before = cpu_seconds(mall)
    await asyncio.sleep(IDLE_SECONDS)
    return {unit: (value - before.get(unit, 0.0)) / IDLE_SECONDS for unit, value in cpu_seconds(mall).items()}


async def _round(
    mall: Mall, ground: Ground, operation: Any, idle: dict[str, float], count: int
) -> tuple[float, list[float], dict[str, float]]:
    """Return CPU milliseconds per operation, the seconds each took, and the CPU by process; idle CPU taken off."""
    before, began, times = cpu_seconds(mall), time.monotonic(), []

    async def client(share: int) -> None:
        for _ in range(share):
            started = time.perf_counter()
            await operation.run(ground)
            times.append(time.perf_counter() - started)

    await asyncio.gather(*(client(count // AT_ONCE) for _ in range(AT_ONCE)))
    await asyncio.sleep(SETTLE_SECONDS)
    elapsed, after = time.monotonic() - began, cpu_seconds(mall)
    split = {
        unit: max(0.0, after[unit] - before.get(unit, 0.0) - idle.get(unit, 0.0) * elapsed) * 1000 / len(times)
        for unit in after
        if unit not in OUTSIDE
    }
    return sum(split.values()), times, split


def _chosen(products: Iterable[int], orders: Iterable[int]) -> list[Point]:
    products, orders = set(products), set(orders)
    if not products and not orders:
        return list(POINTS)
    return [point for point in POINTS if (point.orders in orders if point.orders else point.products in products)]


def main() -> None:
    """Prepare, measure, report, or all of it."""
    options = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    options.add_argument("step", nargs="?", choices=("all", "prepare", "measure", "report"), default="all")
    options.add_argument("--products", type=int, nargs="*", default=[], help="only at these numbers of products")
    options.add_argument("--orders", type=int, nargs="*", default=[], help="only after these numbers of orders")
    options.add_argument("--only", default="", help="operations whose name contains this; nothing is stored")
    options.add_argument("--folder", type=Path, default=RESULTS / "scale", help="where malls and figures are kept")
    given = options.parse_args()
    place, points = Place(given.folder.resolve()), _chosen(given.products, given.orders)
    place.folder.mkdir(parents=True, exist_ok=True)
    for point in points:
        if given.step in ("all", "prepare"):
            prepare(place, point)
        if given.step in ("all", "measure"):
            print(f"{point}:", flush=True)
            measure(place, point, given.only)
    if given.step in ("all", "report"):
        print(report([place.results(point) for point in POINTS], RESULTS))


if __name__ == "__main__":
    main()
