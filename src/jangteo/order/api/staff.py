"""What staff ask about all orders of their shop; each look is audited."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import QueryParameter

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.order import answers, listing, statistics
from jangteo.order.api.given import PAGE_SIZE, CallerOf, DeskOf, LanguageOf
from jangteo.order.days import day_of
from jangteo.order.domain.number import SEOUL
from jangteo.order.schemas import OrderList, Statistics
from jangteo.order.states import State
from jangteo.order.statistics import Step

READ = "orders.read"
DEFAULT_DAYS = 30

First = Annotated[date | None, QueryParameter(description="First day, in Seoul.")]
Last = Annotated[date | None, QueryParameter(description="Last day, in Seoul, included.")]


@get("/v1/staff/orders", summary="Look through all orders")
async def list_all(
    desk: DeskOf,
    caller: CallerOf,
    language: LanguageOf,
    number: Annotated[
        str, QueryParameter(max_length=40, pattern=r"^[^\x00]*$", description="The whole number of an order.")
    ] = "",
    status: Annotated[list[State] | None, QueryParameter(description="May come several times.")] = None,
    member_id: Annotated[UUID | None, QueryParameter(description="The buyer.")] = None,
    first: First = None,
    last: Last = None,
    cursor: Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")] = None,
    size: Annotated[int, QueryParameter(ge=1, le=100)] = PAGE_SIZE,
) -> OrderList:
    """List the orders of all members, the newest first."""
    caller.require(READ)
    days = {"first": day_of(first, "first"), "last": day_of(last, "last")}
    wanted = listing.Wanted(number=number, states=tuple(status or ()), member_id=member_id, **days)
    entry = Entry(by=caller, action="orders.listed", person=member_id)
    await audit.note(desk.database, caller.tenant, entry)
    views, following = await listing.search(desk.database, caller.tenant, wanted, cursor, size)
    return OrderList(items=[answers.item(view, language) for view in views], next_cursor=following)


@get("/v1/staff/order-statistics", summary="The shop's figures per day or hour")
async def show_statistics(
    desk: DeskOf,
    caller: CallerOf,
    first: First = None,
    last: Last = None,
    step: Annotated[Step, QueryParameter(description="How finely the period is divided.")] = Step.DAY,
) -> Statistics:
    """Return what was placed, paid, cancelled and given back; without a period, of the last 30 days."""
    caller.require(READ)
    until = day_of(last, "last") or desk.database.clock.now().astimezone(SEOUL).date()
    since = day_of(first, "first") or until - timedelta(days=DEFAULT_DAYS - 1 if step is Step.DAY else 0)
    figures = await statistics.read(desk.database, caller.tenant, since, until, step)
    await audit.note(desk.database, caller.tenant, Entry(by=caller, action="orders.statistics_read"))
    return answers.statistics(figures, since, until, step)


ROUTES: list[Any] = [list_all, show_statistics]
