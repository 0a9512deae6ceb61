"""The shop's figures per hour and day: sums of tallies, rolled up now and then so that no reading grows with orders.

A tally is counted where it lies, in `order_tallies` or in `order_hours`: both are read by one statement, and a roll-up
moves it from one to the other in one transaction, so that it is seen exactly once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from jangteo.kit.background import alongside
from jangteo.kit.errors import Invalid, Unavailable
from jangteo.kit.postgres import Database, Transaction
from jangteo.order.days import midnight
from jangteo.order.tallies import COUNTS, Tally

log = logging.getLogger(__name__)

ROLL_UP_SECONDS = 30.0
MAX_DAYS, MAX_DAYS_BY_HOUR = 400, 14

_NAMES = ", ".join(COUNTS)
_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in COUNTS)
_ADDED = ", ".join(f"{name} = order_hours.{name} + excluded.{name}" for name in COUNTS)
_ADD = f"""
INSERT INTO order_hours (tenant, hour, {_NAMES}) VALUES ($1, $2, {", ".join(f"${n + 3}" for n in range(len(COUNTS)))})
ON CONFLICT (tenant, hour) DO UPDATE SET {_ADDED}
"""
_ROLL_UP = f"""
WITH gone AS (DELETE FROM order_tallies RETURNING *)
INSERT INTO order_hours (tenant, hour, {_NAMES})
SELECT tenant, hour, {_SUMS} FROM gone GROUP BY tenant, hour ORDER BY tenant, hour
ON CONFLICT (tenant, hour) DO UPDATE SET {_ADDED}
"""
_READ = f"""
SELECT date_trunc($4, hour, 'Asia/Seoul') AS hour, {_SUMS} FROM (
    SELECT hour, {_NAMES} FROM order_hours WHERE tenant = $1 AND hour >= $2 AND hour < $3
    UNION ALL
    SELECT hour, {_NAMES} FROM order_tallies WHERE tenant = $1 AND hour >= $2 AND hour < $3) AS counted
GROUP BY 1
"""


class Step(StrEnum):
    """How finely time is divided."""

    HOUR = "hour"
    DAY = "day"


class PeriodInvalid(Invalid):
    """The period ends before it begins, or is too long for its steps."""

    code = "statistics.period"
    ko = "기간이 올바르지 않습니다. 최대 {days}일까지 조회할 수 있습니다."
    en = "The period must not end before it begins, and has {days} days at most."


class Figures(NamedTuple):
    """The sums of a period, and of each of its steps, oldest first; a step without orders is there, too."""

    total: Tally
    steps: list[Tally]


async def read(database: Database, tenant: str, first: date, last: date, step: Step) -> Figures:
    """Return the figures of the days from `first` to `last`, both included, in Seoul. Raises PeriodInvalid."""
    most = MAX_DAYS if step is Step.DAY else MAX_DAYS_BY_HOUR
    if not 0 <= (last - first).days < most:
        raise PeriodInvalid(field="last", days=most)
    begin, end = midnight(first), midnight(last + timedelta(days=1))
    async with database.read(tenant) as reader:
        rows = await reader.fetch(_READ, tenant, begin, end, step.value)
    found = {row["hour"]: Tally(*row) for row in rows}
    width = timedelta(days=1) if step is Step.DAY else timedelta(hours=1)
    moments = [begin + index * width for index in range(int((end - begin) / width))]
    steps = [found.get(moment, Tally(hour=moment))._replace(hour=moment) for moment in moments]
    return Figures(summed(begin, steps), steps)


def summed(start: datetime, tallies: Sequence[Tally]) -> Tally:
    """Return one tally that is all of them."""
    return Tally(start, *map(sum, zip(*(tally.counts for tally in tallies), strict=True)))


async def add_to_hours(transaction: Transaction, found: Iterable[tuple[str, Tally]]) -> None:
    """Add the tallies of shops to their hours."""
    await transaction.executemany(_ADD, [(tenant, *tally) for tenant, tally in found])


async def roll_up(database: Database) -> None:
    """Move all tallies into their hours; replicas that meet here wait for one another. Raises Unavailable."""
    async with database.system() as transaction:
        await transaction.execute(_ROLL_UP)


@asynccontextmanager
async def rolling_up(database: Database, every: float = ROLL_UP_SECONDS) -> AsyncIterator[None]:
    """Roll up every so many seconds while the block runs."""
    async with alongside(_for_ever(database, every), "statistics"):
        yield


async def _for_ever(database: Database, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            await roll_up(database)
        except Unavailable as error:
            log.warning("the statistics wait: %s", error)
        except Exception:
            log.exception("the statistics could not be rolled up")
