"""How one logs in: password, devices, and what else is in front of the account."""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from jangteo.web.account import refusals
from jangteo.web.account.answers import Devices, Factor, Identities, Me
from jangteo.web.account.providers import SECURITY
from jangteo.web.account.ways_in import offered
from jangteo.web.given import VisitOf
from jangteo.web.mall import Nothing
from jangteo.web.problem import LoginNeeded, Problem
from jangteo.web.visit import Visit

TEMPLATE = "account/security.html"
_SESSIONS = "/v1/members/me/sessions"


@get(SECURITY, include_in_schema=False)
async def show(visit: VisitOf) -> Response[bytes]:
    """Show all of it on one page."""
    visit.require_member()
    return await visit.page(TEMPLATE, **await _values(visit))


@post("/account/security/password", include_in_schema=False)
async def change_password(visit: VisitOf) -> Response[bytes]:
    """Change the password; the other devices are logged out."""
    visit.require_member()
    form = visit.form
    asked = {"current_password": form.secret("current_password"), "new_password": form.secret("new_password")}
    try:
        await visit.mall.put("/v1/members/me/password", asked, Nothing)
    except LoginNeeded:
        raise
    except Problem as problem:
        return await refusals.again(visit, TEMPLATE, problem, **await _values(visit))
    visit.flash("good", visit.t("account.security.changed"))
    return visit.redirect(SECURITY)


@post("/account/security/devices/{device_id:uuid}/end", include_in_schema=False)
async def end(visit: VisitOf, device_id: FromPath[UUID]) -> Response[bytes]:
    """Log out on one device, maybe this one; one that is logged out already is fine."""
    visit.require_member()
    devices = await visit.mall.get(_SESSIONS, Devices)
    try:
        await visit.mall.delete(f"{_SESSIONS}/{device_id}")
    except Problem as problem:
        if problem.status != 404:
            raise
    if any(one.current and one.id == device_id for one in devices.items):
        return _out(visit, "account.log_in.out")
    visit.flash("good", visit.t("account.security.ended"))
    return visit.redirect(SECURITY)


@post("/account/security/devices/end", include_in_schema=False)
async def end_all(visit: VisitOf) -> Response[bytes]:
    """Log out everywhere, here too."""
    visit.require_member()
    await visit.mall.delete(_SESSIONS)
    return _out(visit, "account.security.ended_all")


def _out(visit: Visit, text: str) -> Response[bytes]:
    visit.mall.leave()
    visit.flash("good", visit.t(text))
    return visit.redirect("/login")


async def _values(visit: Visit) -> dict[str, Any]:
    me, factor, devices, linked, providers = await asyncio.gather(
        visit.mall.get("/v1/members/me", Me),
        visit.mall.get("/v1/members/me/second-factor", Factor),
        visit.mall.get(_SESSIONS, Devices),
        visit.mall.get("/v1/members/me/identities", Identities),
        offered(visit),
    )
    at = {one.provider: one.linked_at for one in linked.items}
    return {"me": me, "factor": factor, "devices": devices.items, "providers": providers, "linked": at}


ROUTES = [show, change_password, end, end_all]
