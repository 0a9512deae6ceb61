"""All orders of a shop as staff look through them: by number, state, buyer and day, a page at a time.

Each page is read from an index in the order in which it is shown, however many orders there are.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from jangteo.kit.ids import before_all_of
from jangteo.kit.postgres import Database
from jangteo.order.days import midnight
from jangteo.order.queries import AFTER_ALL, COLUMNS, following, start_of
from jangteo.order.states import State
from jangteo.order.story import View, read

# An id is made a moment after the time that the order has.
_DRIFT = timedelta(minutes=1)

_BY_NUMBER = f"SELECT {COLUMNS} FROM order_views WHERE tenant = $1 AND number = $2"
_WITHIN = "tenant = $1 AND order_id < $2 AND order_id >= $3"
_PLACED = "placed_at >= $4 AND placed_at < $5"
_ALL = f"SELECT {COLUMNS} FROM order_views WHERE {_WITHIN} AND {_PLACED} ORDER BY order_id DESC LIMIT $6"
_OF_MEMBER = f"""
SELECT {COLUMNS} FROM order_views
WHERE {_WITHIN} AND {_PLACED} AND member_id = $7 AND status = ANY($8) ORDER BY order_id DESC LIMIT $6
"""
# A page of each state that is asked for, of which the newest are shown: the index has them in order state by state.
_OF_STATES = f"""
WITH page AS MATERIALIZED (
    SELECT found.order_id FROM unnest($7::text[]) AS asked (state), LATERAL (
        SELECT order_id FROM order_statuses
        WHERE {_WITHIN} AND status = asked.state AND {_PLACED} ORDER BY order_id DESC LIMIT $6) AS found
    ORDER BY order_id DESC LIMIT $6)
SELECT {COLUMNS} FROM order_views WHERE order_id = ANY(ARRAY(SELECT order_id FROM page)) ORDER BY order_id DESC
"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which orders are looked for; days are those of Seoul, both included. Nothing named is no condition."""

    number: str = ""
    states: tuple[State, ...] = ()
    member_id: UUID | None = None
    first: date | None = None
    last: date | None = None


async def search(
    database: Database, tenant: str, wanted: Wanted, cursor: str | None, size: int
) -> tuple[list[View], str | None]:
    """Return orders of everybody, the newest first, and the cursor of the next page. Raises CursorInvalid."""
    async with database.read(tenant) as reader:
        statement, values = query(tenant, wanted, start_of(cursor), size + 1)
        rows = await reader.fetch(statement, *values)
    if wanted.number:
        rows = [row for row in rows if _fits(wanted, row)]
    return following([read(tuple(row)) for row in rows], size)


def query(tenant: str, wanted: Wanted, before: UUID, limit: int) -> tuple[str, Sequence[Any]]:
    """Return the statement, with its values, that finds the newest `limit` orders with ids below `before`."""
    if wanted.number:
        return _BY_NUMBER, (tenant, wanted.number.strip().upper())
    bounds = (tenant, *_bounds(wanted, before), limit)
    states = [state.value for state in wanted.states or State]
    if wanted.member_id is not None:
        return _OF_MEMBER, (*bounds, wanted.member_id, states)
    return (_OF_STATES, (*bounds, states)) if wanted.states else (_ALL, bounds)


def _bounds(wanted: Wanted, before: UUID) -> tuple[UUID, UUID, datetime, datetime]:
    """Return between which ids and times the orders lie; ids sort by time, so they find the place in the index."""
    begin = midnight(wanted.first or date(2000, 1, 1))
    end = midnight((wanted.last or date(9000, 1, 1)) + timedelta(days=1))
    upper = min(before, before_all_of(end + _DRIFT)) if wanted.last else before
    return min(upper, AFTER_ALL), before_all_of(begin - _DRIFT), begin, end


def _fits(wanted: Wanted, row: Any) -> bool:
    return (
        (not wanted.states or row["status"] in wanted.states)
        and wanted.member_id in (None, row["member_id"])
        and (wanted.first is None or row["placed_at"] >= midnight(wanted.first))
        and (wanted.last is None or row["placed_at"] < midnight(wanted.last + timedelta(days=1)))
    )
