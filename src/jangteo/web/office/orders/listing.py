"""All orders, a page at a time: found by number or by the buyer's e-mail, by state and by day."""

from typing import Annotated
from uuid import UUID

from litestar import Response, get
from litestar.params import QueryParameter

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.mall import address
from jangteo.web.office.door import office_page
from jangteo.web.office.orders.answers import Items, Members
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

READ = "orders.read"
PATH = "/office/orders"
STATES = ("reserved", "paid", "shipped", "delivered", "cancelling", "cancelled", "rejected")
# The kind of mark by which a state is shown; any other is plain.
KINDS = {"paid": "warn", "shipped": "note", "delivered": "good", "cancelling": "warn", "rejected": "bad"}
SIZE = 30

Text = Annotated[str, QueryParameter(max_length=200)]


@get(PATH, include_in_schema=False)
async def orders(
    visit: VisitOf, q: Text = "", status: Text = "", since: Text = "", until: Text = "", cursor: Text = ""
) -> Response[bytes]:
    """Show a page of the orders that are asked for."""
    visit.require(READ)
    form = Form.filled(q=q, status=status, since=since, until=until)
    found, code = Items(items=[]), 200
    try:
        found = await _found(visit, q.strip(), status, since, until, cursor)
    except Problem as problem:
        if problem.status != 422:
            raise
        form.refuse(problem, since="first", until="last")
        code = 422
    asked: dict[str, object] = {"q": q, "since": since, "until": until}
    return await office_page(
        visit,
        "office/orders.html",
        area="orders",
        needs=(READ,),
        status=code,
        form=form,
        found=found,
        kinds=KINDS,
        chosen=status,
        states=[(state, address(PATH, {**asked, "status": state})) for state in ("", *STATES)],
        first=address(PATH, {**asked, "status": status}) if cursor else "",
        following=address(PATH, {**asked, "status": status, "cursor": found.next_cursor}) if found.next_cursor else "",
        is_asked=bool(q or status or since or until),
        by_email="members.read" in visit.permissions,
    )


async def _found(visit: Visit, q: str, status: str, since: str, until: str, cursor: str) -> Items:
    """Return a page of orders; an e-mail that nobody has finds none. Raises Problem."""
    member: UUID | None = None
    if "@" in q:
        visit.require("members.read")
        members = await visit.mall.post("/v1/members/search", {"email": q}, Members)
        if not members.items:
            return Items(items=[])
        member = members.items[0].id
    return await visit.mall.get(
        "/v1/staff/orders",
        Items,
        number="" if member else q,
        member_id=member,
        status=status,
        first=since,
        last=until,
        cursor=cursor,
        size=SIZE,
    )


ROUTES = [orders]
