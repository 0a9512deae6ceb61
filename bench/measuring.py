"""Drives each operation under each load and reads from the operating system what it cost."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from bench.calls import Wares
from bench.cpu import Reading, at_rest, busy_seconds, read, spent, wait_until_calm
from bench.figures import OUTSIDE, Figure, Load
from bench.load.crew import Crew
from bench.load.job import Done, percentile
from bench.operations import Shop, open_shop
from jangteo.stack.mall import Mall

_REST_SECONDS = 5.0
_PATIENCE_SECONDS = 30.0  # for the mall to have done what was left to do
_TIRED_CORES = 0.8  # of one, from which on a generator is no longer prompt
_LATE_MS = 10.0
_CROWDED_CORES = 0.15


@dataclass(frozen=True)
class Course:
    """What is to be measured: `seconds` for each load, the numbers of buyers, the shares of the best rate."""

    operations: Sequence[str]
    seconds: float
    levels: Sequence[int]
    shares: Sequence[float]


class Bench:
    """A mall and the generators that drive it; `rest` is what the mall uses while nobody calls, in cores by unit."""

    def __init__(self, mall: Mall, crew: Crew, tell: Callable[[Figure], None]) -> None:
        self._mall, self._crew, self._tell = mall, crew, tell
        self._runs = 0
        self.rest: dict[str, float] = {}

    async def run(self, course: Course) -> list[Figure]:
        """Measure everything of `course`, telling each figure as it comes. Raises GeneratorFailed."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            shop = await open_shop(self._mall.url, session, members=max(course.levels))
            figures: list[Figure] = []
            for operation in course.operations:
                figures += await self._operation(operation, shop, course)
            return figures

    async def _operation(self, operation: str, shop: Shop, course: Course) -> list[Figure]:
        await shop.renew()
        wares, most = shop.wares, max(course.levels)
        warm_up = Load(buyers=min(most, 16))
        self._drive(operation, wares, warm_up, max(2.0, course.seconds / 3), most)
        self._rest()
        loads = [Load(buyers=buyers) for buyers in course.levels]
        figures = [self._measure(operation, wares, load, course.seconds, most) for load in loads]
        best = max(figure.per_second for figure in figures)
        for share in course.shares if best else ():
            load = Load(rate=round(best * share, 3), share=share)
            figures.append(self._measure(operation, wares, load, course.seconds, most))
        return figures

    def _rest(self) -> None:
        """Look again at what the mall does while nobody calls: it grows with what has been ordered and sent."""
        if self.rest:
            wait_until_calm(self._mall, self.rest, _PATIENCE_SECONDS)
        else:
            time.sleep(_REST_SECONDS)
        self.rest = at_rest(self._mall, _REST_SECONDS)

    def _drive(self, operation: str, wares: Wares, load: Load, seconds: float, most: int) -> Done:
        self._runs += 1  # a seed of its own: a question that was never asked must not have been asked by the last run
        buyers = most if load.is_open else load.buyers
        return self._crew.drive(
            self._mall.url, operation, wares, seconds=seconds, buyers=buyers, rate=load.rate, seed=self._runs
        )

    def _measure(self, operation: str, wares: Wares, load: Load, seconds: float, most: int) -> Figure:
        before, machine, own = read(self._mall), busy_seconds(), time.process_time()
        done = self._drive(operation, wares, load, seconds, most)
        calm = wait_until_calm(self._mall, self.rest, _PATIENCE_SECONDS)
        after, machine = read(self._mall), busy_seconds() - machine
        elapsed = after.at - before.at
        others = machine - (after.total - before.total) - done.cpu_seconds - (time.process_time() - own)
        crowd = max(0.0, others / elapsed)
        remarks = [*remarks_on(done, len(self._crew), calm=calm, others=crowd), *_restarted(before, after)]
        used = {
            unit: seconds - self.rest.get(unit, 0.0) * elapsed
            for unit, seconds in spent(before.seconds, after.seconds).items()
        }
        figure = figure_of(operation, load, done, used, others=crowd, remarks=remarks)
        self._tell(figure)
        return figure


def figure_of(
    operation: str, load: Load, done: Done, used: Mapping[str, float], *, others: float, remarks: list[str]
) -> Figure:
    """Return what one run comes to; `used` is CPU seconds by unit beyond those at rest."""
    good = max(1, len(done.times_ms))
    by_unit = {unit: round(1000 * seconds / good, 4) for unit, seconds in used.items()}
    return Figure(
        operation=operation,
        load=load,
        requests=len(done.times_ms),
        errors=done.errors,
        faults=done.faults[:3],
        per_second=round(len(done.times_ms) / done.seconds, 2),
        p50_ms=percentile(done.times_ms, 0.50),
        p95_ms=percentile(done.times_ms, 0.95),
        p99_ms=percentile(done.times_ms, 0.99),
        max_ms=percentile(done.times_ms, 1.0),
        cpu_ms=round(sum(ms for unit, ms in by_unit.items() if unit not in OUTSIDE), 4),
        cpu_ms_outside=round(sum(ms for unit, ms in by_unit.items() if unit in OUTSIDE), 4),
        cpu_ms_by_unit=by_unit,
        generator_ms=round(1000 * done.cpu_seconds / good, 4),
        generator_cores=round(done.cpu_seconds / done.seconds, 3),
        other_cores=round(others, 3),
        late_ms=round(done.late_ms, 2),
        remarks=remarks,
    )


def remarks_on(done: Done, generators: int, *, calm: bool, others: float) -> list[str]:
    """Return what a reader must know before believing a figure: who else was busy, and whether all was counted."""
    remarks = []
    if done.cpu_seconds / done.seconds / generators > _TIRED_CORES:
        remarks.append("the generators were busy themselves: the times are theirs, too")
    if done.late_ms > _LATE_MS:
        remarks.append(
            f"calls began up to {done.late_ms:.0f} ms (p99) after their planned moment; that is in the times"
        )
    if others > _CROWDED_CORES:
        remarks.append(f"others used {others:.2f} cores of this machine meanwhile")
    if not calm:
        remarks.append("the mall was still at work when its CPU was read")
    return remarks


def _restarted(before: Reading, after: Reading) -> list[str]:
    return [
        f"{unit} was restarted meanwhile: its CPU is not to be trusted"
        for unit, count in after.restarts.items()
        if count != before.restarts.get(unit, 0)
    ]
