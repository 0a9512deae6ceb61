"""The pages behind the links of mails: confirming an address, a change of it, and a new password.

The secret of a link stands behind its `#`, so no server and no log ever sees it by the opening of a page. A script
moves it into the form; without one the link is pasted. Nothing happens before the button is pressed, since mail
scanners open every link.
"""

from litestar import Response, get, post

from jangteo.web.account import refusals
from jangteo.web.account.answers import EmailChange
from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.problem import Problem

VERIFY, CONFIRM, RESET = "account/verify_email.html", "account/confirm_email.html", "account/reset_password.html"


@get("/account/verify-email", include_in_schema=False)
async def show_verification(visit: VisitOf) -> Response[bytes]:
    """Show the button."""
    return await visit.page(VERIFY)


@post("/account/verify-email", include_in_schema=False)
async def verify(visit: VisitOf) -> Response[bytes]:
    """Confirm an address."""
    try:
        await visit.mall.call("POST", "/v1/email-verifications/confirmation", _token(visit.form), anonymous=True)
    except Problem as problem:
        return await refusals.again(visit, VERIFY, problem)
    visit.flash("good", visit.t("account.link.verified"))
    return visit.redirect("/account" if visit.member else "/login")


@get("/account/confirm-email", include_in_schema=False)
async def show_confirmation(visit: VisitOf) -> Response[bytes]:
    """Show the button."""
    return await visit.page(CONFIRM)


@post("/account/confirm-email", include_in_schema=False)
async def confirm(visit: VisitOf) -> Response[bytes]:
    """Confirm a change of address at one of its two ends."""
    try:
        told = await visit.mall.post("/v1/email-changes/confirmation", _token(visit.form), EmailChange)
    except Problem as problem:
        return await refusals.again(visit, CONFIRM, problem)
    visit.flash("good", visit.t(f"account.link.{told.status}"))
    return visit.redirect("/account/profile" if visit.member else "/login")


@get("/account/forgot-password", include_in_schema=False)
async def show_forgotten(visit: VisitOf) -> Response[bytes]:
    """Ask for the address."""
    return await visit.page("account/forgot_password.html", asked=False)


@post("/account/forgot-password", include_in_schema=False)
async def ask_reset(visit: VisitOf) -> Response[bytes]:
    """Have a link sent; the page says the same to members and strangers."""
    email = visit.member.email if visit.member else visit.form.text("email")
    try:
        await visit.mall.call("POST", "/v1/password-resets", {"email": email}, anonymous=True)
    except Problem as problem:
        return await refusals.again(visit, "account/forgot_password.html", problem, asked=False)
    return await visit.page("account/forgot_password.html", asked=True)


@get("/account/reset-password", include_in_schema=False)
async def show_reset(visit: VisitOf) -> Response[bytes]:
    """Ask for the new password."""
    return await visit.page(RESET)


@post("/account/reset-password", include_in_schema=False)
async def reset(visit: VisitOf) -> Response[bytes]:
    """Set it. All sessions end, this one too where it was the same member's."""
    asked = {**_token(visit.form), "password": visit.form.secret("password")}
    try:
        await visit.mall.call("POST", "/v1/password-resets/confirmation", asked, anonymous=True)
    except Problem as problem:
        return await refusals.again(visit, RESET, problem)
    if visit.member is not None:
        visit.mall.leave()
    visit.flash("good", visit.t("account.reset.done"))
    return visit.redirect("/login")


def _token(form: Form) -> dict[str, str]:
    """Return the secret: as the script found it, or out of a whole link that was pasted."""
    given = form.text("token")
    return {"token": given.rpartition("#token=")[2] if "#token=" in given else given}


ROUTES = [show_verification, verify, show_confirmation, confirm, show_forgotten, ask_reset, show_reset, reset]
