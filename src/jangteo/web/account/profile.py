"""Name, phone and language, and the e-mail address, which changes once it is confirmed at both ends."""

import msgspec
from litestar import Response, get, post

from jangteo.web.account import refusals
from jangteo.web.account.answers import Me
from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.mall import TOKENS, Nothing
from jangteo.web.phones import dialled
from jangteo.web.problem import LoginNeeded, Problem
from jangteo.web.visit import Visit

TEMPLATE, PATH = "account/profile.html", "/account/profile"


@get(PATH, include_in_schema=False)
async def show(visit: VisitOf) -> Response[bytes]:
    """Show both forms."""
    visit.require_member()
    me = await visit.mall.get("/v1/members/me", Me)
    return await visit.page(TEMPLATE, me=me, form=_filled(me), email_form=Form(), theirs=None)


@post(PATH, include_in_schema=False)
async def change(visit: VisitOf) -> Response[bytes]:
    """Save; where somebody else has saved meanwhile, both versions are shown."""
    visit.require_member()
    form = visit.form
    asked = {
        "name": form.text("name"),
        "phone": form.text("phone") or None,
        "language": form.text("language", visit.language),
    }
    try:
        me = await visit.mall.patch("/v1/members/me", asked, Me, version=f'"{form.text("version")}"')
    except LoginNeeded:
        raise
    except Problem as problem:
        me = await visit.mall.get("/v1/members/me", Me)
        if problem.code == "version.stale":
            return await visit.page(TEMPLATE, status=409, me=me, form=form, email_form=Form(), theirs=me)
        return await refusals.again(visit, TEMPLATE, problem, me=me, email_form=Form(), theirs=None)
    _rename(visit, me)
    visit.flash("good", visit.t("account.profile.saved"))
    return visit.redirect(PATH)


@post("/account/profile/email", include_in_schema=False)
async def ask_email(visit: VisitOf) -> Response[bytes]:
    """Ask for another address."""
    visit.require_member()
    form = visit.form
    asked = {"email": form.text("new_email"), "password": form.secret("password")}
    try:
        await visit.mall.put("/v1/members/me/email-change", asked, Nothing)
    except LoginNeeded:
        raise
    except Problem as problem:
        me = await visit.mall.get("/v1/members/me", Me)
        refusals.note(visit, form, problem, {"new_email": "email"})
        status = 422 if problem.status < 409 else problem.status
        return await visit.page(TEMPLATE, status=status, me=me, form=_filled(me), email_form=form, theirs=None)
    visit.flash("good", visit.t("account.profile.email_asked"))
    return visit.redirect(PATH)


@post("/account/profile/email/drop", include_in_schema=False)
async def drop_email(visit: VisitOf) -> Response[bytes]:
    """Take a change of address back."""
    visit.require_member()
    await visit.mall.delete("/v1/members/me/email-change")
    visit.flash("good", visit.t("account.profile.dropped"))
    return visit.redirect(PATH)


def _filled(me: Me) -> Form:
    return Form.filled(name=me.name, phone=dialled(me.phone), language=me.language, version=me.version)


def _rename(visit: Visit, me: Me) -> None:
    """Let the pages call the member by the new name at once."""
    if (tokens := visit.tokens) is not None:
        member = msgspec.structs.replace(tokens.member, name=me.name, email_verified=me.email_verified)
        visit.session.write(TOKENS, msgspec.structs.replace(tokens, member=member))


ROUTES = [show, change, ask_email, drop_email]
