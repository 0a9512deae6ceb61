"""Logging in by another provider, becoming a member that way, and linking an account to one's own.

What the browser has to keep meanwhile (the log-in's token) stays in the session: nothing of it goes through a page.
"""

from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from jangteo.web.account import consent_boxes, refusals
from jangteo.web.account.answers import Begun, Unfinished
from jangteo.web.account.log_in import CHALLENGE, Challenge, admitted
from jangteo.web.account.ways_in import offered
from jangteo.web.given import VisitOf
from jangteo.web.mall import Nothing, Raw, segment
from jangteo.web.member import Session
from jangteo.web.problem import NotThere, Problem
from jangteo.web.visit import Visit, inside

State: TypeAlias = Annotated[str, QueryParameter(name="state")]  # the name itself is one of Litestar's own

UNDER_WAY = "provider"  # the part of the session
SECURITY = "/account/security"


class UnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """A log-in that was begun; `needed` is what is still asked for, `links` says that a member adds an account."""

    provider: str
    title: str
    token: str
    next: str
    links: bool
    needed: str = ""
    email: str = ""
    name: str = ""


@post("/account/by/{provider:str}", include_in_schema=False)
async def begin(visit: VisitOf, provider: FromPath[str]) -> Response[bytes]:
    """Send the visitor to the provider: by a header, since our forms go to no other site."""
    title = next((one.title for one in await offered(visit) if one.name == provider), "")
    if not title:
        raise NotThere()
    links = visit.form.flag("link") and visit.member is not None
    path = f"/v1/members/me/identities/{segment(provider)}" if links else _log_ins(provider)
    back = {"redirect_uri": f"{visit.origin}/account/by/{segment(provider)}/return"}
    begun = await visit.mall.post(path, back, Begun)
    goal = SECURITY if links else inside(visit.form.text("next"))
    visit.session.write(
        UNDER_WAY, UnderWay(provider=provider, title=title, token=begun.login_token, next=goal, links=links)
    )
    headers = {"refresh": f"0; url={begun.authorization_url}", "cache-control": "no-store"}
    return await visit.page("account/leaving.html", url=begun.authorization_url, title=title, headers=headers)


@get("/account/by/{provider:str}/return", include_in_schema=False)
async def come_back(
    visit: VisitOf, provider: FromPath[str], code: FromQuery[str] = "", proof: State = ""
) -> Response[bytes]:
    """Take what the provider says, and go on: in, or to what is still asked for."""
    under_way = visit.session.read(UNDER_WAY, UnderWay)
    if under_way is None or under_way.provider != provider:
        return visit.redirect("/login")
    told = {"login_token": under_way.token, "state": proof, "code": code}
    if not code:
        return _failed(visit, under_way, "account.provider.cancelled")
    try:
        if under_way.links:
            path = f"/v1/members/me/identities/{segment(provider)}/completion"
            await visit.mall.post(path, told, Nothing)
            visit.session.drop(UNDER_WAY)
            visit.flash("good", visit.t("account.provider.linked", title=under_way.title))
            return visit.redirect(SECURITY)
        answer = await visit.mall.call("POST", f"{_log_ins(provider)}/completion", told, anonymous=True)
    except Problem as problem:
        return _failed(visit, under_way, "account.provider.failed", problem.detail)
    return await _go_on(visit, under_way, answer)


@get("/account/by/{provider:str}/finish", include_in_schema=False)
async def show_rest(visit: VisitOf, provider: FromPath[str]) -> Response[bytes]:
    """Ask for what is still needed."""
    under_way = _waiting(visit, provider)
    if under_way is None:
        return visit.redirect("/login")
    return await visit.page(_template(under_way), **await _values(visit, under_way))


@post("/account/by/{provider:str}/finish", include_in_schema=False)
async def finish(visit: VisitOf, provider: FromPath[str]) -> Response[bytes]:
    """Link the member's account by the password, or make a new member."""
    under_way, form = _waiting(visit, provider), visit.form
    if under_way is None:
        return visit.redirect("/login")
    step, asked = "password", {"password": form.secret("password")}
    if under_way.needed != "password":
        typed = {name: form.text(name) for name in ("email", "name", "phone") if form.text(name)}
        step, asked = "sign-up", {**typed, **consent_boxes.given(form)}
    try:
        answer = await visit.mall.call(
            "POST", f"{_log_ins(provider)}/{step}", {"login_token": under_way.token, **asked}, anonymous=True
        )
    except Problem as problem:
        if problem.code in ("oidc.refused", "oidc.provider_unknown"):
            return _failed(visit, under_way, "account.provider.failed", problem.detail)
        return await refusals.again(visit, _template(under_way), problem, **await _values(visit, under_way))
    return await _go_on(visit, under_way, answer)


@post("/account/security/providers/{provider:str}/remove", include_in_schema=False)
async def unlink(visit: VisitOf, provider: FromPath[str]) -> Response[bytes]:
    """Remove a linked account."""
    visit.require_member()
    title = next((one.title for one in await offered(visit) if one.name == provider), provider)
    try:
        await visit.mall.delete(f"/v1/members/me/identities/{segment(provider)}")
        visit.flash("good", visit.t("account.provider.unlinked", title=title))
    except Problem as problem:
        if problem.status not in (404, 409):
            raise
        visit.flash("bad", problem.detail)
    return visit.redirect(SECURITY)


async def _go_on(visit: Visit, under_way: UnderWay, answer: Raw) -> Response[bytes]:
    if answer.status != 202:
        visit.session.drop(UNDER_WAY)
        return await admitted(visit, msgspec.json.decode(answer.body, type=Session), under_way.next)
    rest = msgspec.json.decode(answer.body, type=Unfinished)
    if rest.challenge:
        visit.session.drop(UNDER_WAY)
        visit.session.write(CHALLENGE, Challenge(challenge=rest.challenge, next=under_way.next))
        return visit.redirect("/login/second-factor")
    waiting = msgspec.structs.replace(under_way, needed=rest.needed, email=rest.email or "", name=rest.name or "")
    visit.session.write(UNDER_WAY, waiting)
    return visit.redirect(f"/account/by/{segment(under_way.provider)}/finish")


def _failed(visit: Visit, under_way: UnderWay, text: str, detail: str = "") -> Response[bytes]:
    visit.session.drop(UNDER_WAY)
    visit.flash("bad", detail or visit.t(text, title=under_way.title))
    return visit.redirect(SECURITY if under_way.links else "/login")


def _waiting(visit: Visit, provider: str) -> UnderWay | None:
    found = visit.session.read(UNDER_WAY, UnderWay)
    return found if found is not None and found.provider == provider and found.needed else None


def _template(under_way: UnderWay) -> str:
    return "account/provider_password.html" if under_way.needed == "password" else "account/provider_sign_up.html"


async def _values(visit: Visit, under_way: UnderWay) -> dict[str, Any]:
    texts = [] if under_way.needed == "password" else await consent_boxes.asked(visit.mall)
    return {"under_way": under_way, "texts": texts}


def _log_ins(provider: str) -> str:
    return f"/v1/identity-providers/{segment(provider)}/log-ins"


ROUTES = [begin, come_back, show_rest, finish, unlink]
