"""Becoming a member: one form, then logged in, and a mail to confirm the address."""

import asyncio

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from jangteo.web.account import consent_boxes, refusals
from jangteo.web.account.log_in import admitted
from jangteo.web.account.ways_in import offered
from jangteo.web.given import VisitOf
from jangteo.web.mall import Nothing
from jangteo.web.member import Session
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit, inside

TEMPLATE = "account/sign_up.html"
CHECK_MAIL = "/account/check-mail"


class _Goal(msgspec.Struct, frozen=True):
    """Where somebody was going who has just become a member."""

    next: str = "/"


@get("/account/sign-up", include_in_schema=False)
async def show(visit: VisitOf, next: FromQuery[str] = "/") -> Response[bytes]:
    """Show the form; who is logged in already goes on."""
    if visit.member is not None:
        return visit.redirect(inside(next))
    texts, providers = await asyncio.gather(consent_boxes.asked(visit.mall), offered(visit))
    return await visit.page(TEMPLATE, texts=texts, providers=providers, next=inside(next))


@post("/account/sign-up", include_in_schema=False)
async def sign_up(visit: VisitOf) -> Response[bytes]:
    """Make a member and log in. Sent twice, the second finds the address taken, and the visitor logged in."""
    form, goal = visit.form, inside(visit.form.text("next"))
    email, password = form.text("email"), form.secret("password")
    asked = {
        **{"email": email, "password": password, "name": form.text("name"), "phone": form.text("phone") or None},
        **consent_boxes.given(form),
    }
    try:
        await visit.mall.call("POST", "/v1/members", asked, anonymous=True)
    except Problem as problem:
        return await _again(visit, problem, goal)
    visit.session.write("goal", _Goal(goal))
    try:
        opened = await visit.mall.call("POST", "/v1/sessions", {"email": email, "password": password}, anonymous=True)
    except Problem:
        # The membership stands; logging in can be tried again.
        visit.flash("good", visit.t("account.sign_up.done"))
        return visit.redirect("/login")
    return await admitted(visit, msgspec.json.decode(opened.body, type=Session), CHECK_MAIL)


@get(CHECK_MAIL, include_in_schema=False)
async def check_mail(visit: VisitOf) -> Response[bytes]:
    """Say that a mail is on its way."""
    member = visit.require_member()
    goal = visit.session.read("goal", _Goal) or _Goal()
    return await visit.page("account/check_mail.html", email=member.email, next=goal.next)


@post("/account/verify-email/again", include_in_schema=False)
async def send_again(visit: VisitOf) -> Response[bytes]:
    """Send the mail again; whether there is such a member is told to nobody."""
    member = visit.member
    email = member.email if member else visit.form.text("email")
    await visit.mall.post("/v1/email-verifications", {"email": email}, Nothing)
    visit.flash("good", visit.t("account.check_mail.asked"))
    return visit.redirect(inside(visit.form.text("back"), CHECK_MAIL if member else "/account/verify-email"))


async def _again(visit: Visit, problem: Problem, goal: str) -> Response[bytes]:
    try:
        texts, providers = await asyncio.gather(consent_boxes.asked(visit.mall), offered(visit))
    except Problem:
        raise problem from None
    return await refusals.again(visit, TEMPLATE, problem, texts=texts, providers=providers, next=goal)


ROUTES = [show, sign_up, check_mail, send_again]
