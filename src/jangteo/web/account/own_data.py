"""A member's rights: a copy of everything, and to leave (탈퇴), with the reasons where that has to wait."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from jangteo.web.account import refusals
from jangteo.web.account.answers import Exports, Me, Reason, Withdrawal
from jangteo.web.given import VisitOf
from jangteo.web.mall import Nothing
from jangteo.web.problem import LoginNeeded, Problem
from jangteo.web.visit import Visit

EXPORT, EXPORTS = "/account/export", "/v1/members/me/exports"
LEAVE, WITHDRAWAL = "/account/withdrawal", "/v1/members/me/withdrawal"
PAGE = "account/export.html"
SERVICES = 6  # that keep something about a member
_KEPT_HEADERS = ("content-disposition", "content-type")


@get(EXPORT, include_in_schema=False)
async def show_exports(visit: VisitOf) -> Response[bytes]:
    """Show the copies, and how far one is that is being gathered; htmx asks for that part again and again."""
    visit.require_member()
    found = await visit.mall.get(EXPORTS, Exports)
    return await visit.page(PAGE, block="copies" if visit.is_htmx else "", exports=found.items, services=SERVICES)


@post(EXPORT, include_in_schema=False)
async def ask_export(visit: VisitOf) -> Response[bytes]:
    """Ask for a copy; while one is being gathered, it is that one."""
    visit.require_member()
    await visit.mall.post(EXPORTS, None, Nothing)
    visit.flash("good", visit.t("rights.data.asked"))
    return visit.redirect(EXPORT)


@get(f"{EXPORT}/{{export_id:uuid}}", include_in_schema=False)
async def download(visit: VisitOf, export_id: FromPath[UUID]) -> Response[bytes]:
    """Hand the copy on."""
    visit.require_member()
    told = await visit.mall.call("GET", f"{EXPORTS}/{export_id}/archive")
    headers = {name: told.headers[name] for name in _KEPT_HEADERS if name in told.headers}
    media_type = headers.pop("content-type", "application/json")
    return Response(told.body, media_type=media_type, headers={**headers, "cache-control": "no-store"})


@get(LEAVE, include_in_schema=False)
async def show_leaving(visit: VisitOf) -> Response[bytes]:
    """Say what leaving means, or what it waits for."""
    visit.require_member()
    return await visit.page("account/withdrawal.html", reasons=[], **await _values(visit))


@post(LEAVE, include_in_schema=False)
async def leave(visit: VisitOf) -> Response[bytes]:
    """Leave; what is open is told, and may be waited for."""
    visit.require_member()
    form = visit.form
    if not form.flag("confirmed"):
        form.errors["confirmed"] = visit.t("rights.withdrawal.confirm_missing")
        return await visit.page("account/withdrawal.html", status=422, form=form, reasons=[], **await _values(visit))
    asked = {"password": form.secret("password"), "when_settled": form.flag("when_settled")}
    try:
        told = await visit.mall.post(WITHDRAWAL, asked, Withdrawal)
    except LoginNeeded:
        raise
    except Problem as problem:
        reasons = msgspec.convert(problem.params.get("reasons", []), list[Reason])
        return await refusals.again(visit, "account/withdrawal.html", problem, reasons=reasons, **await _values(visit))
    if told.state == "deferred":
        return visit.redirect(LEAVE)
    visit.mall.leave()
    visit.flash("good", visit.t("rights.withdrawal.done"))
    return visit.redirect("/")


@post(f"{LEAVE}/call-off", include_in_schema=False)
async def call_off(visit: VisitOf) -> Response[bytes]:
    """Stay after all."""
    visit.require_member()
    try:
        await visit.mall.delete(WITHDRAWAL)
        visit.flash("good", visit.t("rights.withdrawal.called_off"))
    except Problem as problem:
        if problem.status not in (404, 409):
            raise
        visit.flash("bad", problem.detail)
    return visit.redirect(LEAVE)


async def _values(visit: Visit) -> dict[str, Any]:
    me = await visit.mall.get("/v1/members/me", Me)
    try:
        waiting: Withdrawal | None = await visit.mall.get(WITHDRAWAL, Withdrawal)
    except Problem as problem:
        if problem.status != 404:
            raise
        waiting = None
    return {"me": me, "waiting": waiting}


ROUTES = [show_exports, ask_export, download, show_leaving, leave, call_off]
