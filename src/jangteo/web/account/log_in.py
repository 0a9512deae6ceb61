"""Log in and out. A guest's cart goes along, and what could not be kept of it is told."""

from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from jangteo.web.account import refusals
from jangteo.web.account.ways_in import offered
from jangteo.web.given import VisitOf
from jangteo.web.member import Session
from jangteo.web.problem import Problem
from jangteo.web.shop.merging import bring_along
from jangteo.web.visit import Visit, inside

TEMPLATE, SECOND_STEP = "account/log_in.html", "account/second_factor.html"
OVER = ("challenge.invalid",)  # the codes that say that the log-in has to begin again
CHALLENGE = "challenge"  # the part of the session that waits for a second factor


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """The password was right, and a second factor is asked for."""

    challenge: str
    next: str = "/"


@get("/login", include_in_schema=False)
async def show(visit: VisitOf, next: FromQuery[str] = "/") -> Response[bytes]:
    """Show the form; who is logged in already goes on."""
    if visit.member is not None:
        return visit.redirect(inside(next))
    headers = {"cache-control": "no-store"}
    return await visit.page(TEMPLATE, next=inside(next), providers=await offered(visit), headers=headers)


@post("/login", include_in_schema=False)
async def log_in(visit: VisitOf) -> Response[bytes]:
    """Log in with e-mail and password."""
    form, goal = visit.form, inside(visit.form.text("next"))
    asked = {"email": form.text("email"), "password": form.secret("password")}
    try:
        answer = await visit.mall.call("POST", "/v1/sessions", asked, anonymous=True)
    except Problem as problem:
        return await refusals.again(visit, TEMPLATE, problem, next=goal, providers=await offered(visit))
    if answer.status == 202:
        told = msgspec.json.decode(answer.body, type=Challenge)
        visit.session.write(CHALLENGE, Challenge(challenge=told.challenge, next=goal))
        return visit.redirect("/login/second-factor")
    return await admitted(visit, msgspec.json.decode(answer.body, type=Session), goal)


@get("/login/second-factor", include_in_schema=False)
async def show_second_factor(visit: VisitOf) -> Response[bytes]:
    """Ask for the code of the authenticator app."""
    if visit.session.read(CHALLENGE, Challenge) is None:
        return visit.redirect("/login")
    return await visit.page(SECOND_STEP)


@post("/login/second-factor", include_in_schema=False)
async def second_factor(visit: VisitOf) -> Response[bytes]:
    """Take the code, or a recovery code."""
    waiting = visit.session.read(CHALLENGE, Challenge)
    if waiting is None:
        return visit.redirect("/login")
    asked = {"challenge": waiting.challenge, "code": visit.form.text("code").replace(" ", "")}
    try:
        answer = await visit.mall.call("POST", "/v1/sessions/second-factor", asked, anonymous=True)
    except Problem as problem:
        return await _refused_code(visit, problem)
    visit.session.drop(CHALLENGE)
    return await admitted(visit, msgspec.json.decode(answer.body, type=Session), waiting.next)


@post("/logout", include_in_schema=False)
async def log_out(visit: VisitOf) -> Response[bytes]:
    """Log out here; the tokens are void even if somebody had copied them."""
    if visit.member is not None:
        try:
            await visit.mall.delete("/v1/sessions/current")
        except Problem as problem:
            if problem.status >= 500:
                raise
    visit.mall.leave()
    visit.flash("note", visit.t("account.log_in.out"))
    return visit.redirect("/")


async def admitted(visit: Visit, opened: Session, goal: str) -> Response[bytes]:
    """Let somebody in, by whatever way the log-in went; bring the guest's cart along, and lead on to `goal`."""
    visit.mall.enter(opened)
    await bring_along(visit)
    if opened.second_factor_missing:
        visit.flash("note", visit.t("account.log_in.factor_missing"))
    if opened.consents_due:
        return visit.redirect(f"/account/terms?next={quote(goal, safe='')}")
    return visit.redirect(goal)


async def _refused_code(visit: Visit, problem: Problem) -> Response[bytes]:
    """Ask for another code; where the challenge itself has run out, for the password again."""
    if problem.code in OVER:
        visit.session.drop(CHALLENGE)
        visit.flash("bad", visit.t("account.second_step.over"))
        return visit.redirect("/login")
    return await refusals.again(visit, SECOND_STEP, problem)


ROUTES = [show, log_in, show_second_factor, second_factor, log_out]
