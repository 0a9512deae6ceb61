"""Setting the second factor up, its recovery codes, and turning it off. The QR code is drawn here, as SVG."""

import segno
from litestar import Response, get, post

from jangteo.web.account import refusals
from jangteo.web.account.answers import Codes, Enrolment, Factor, Me
from jangteo.web.account.providers import SECURITY
from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.mall import TOKENS, Nothing
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

PATH, API = "/account/security/second-factor", "/v1/members/me/second-factor"
SCAN = f"{PATH}/scan"
MANAGE, CODES = "account/factor_manage.html", "account/factor_codes.html"
ENROLMENT = "enrolment"  # the part of the session that keeps the secret until a code of it was typed
_PRIVATE = {"cache-control": "no-store"}


@get(PATH, include_in_schema=False)
async def show(visit: VisitOf) -> Response[bytes]:
    """Begin with the password, or manage what there is."""
    visit.require_member()
    factor = await visit.mall.get(API, Factor)
    if factor.enabled:
        return await visit.page(MANAGE, factor=factor, renewing=Form(), removing=Form())
    me = await visit.mall.get("/v1/members/me", Me)
    return await visit.page("account/factor_begin.html", factor=factor, me=me)


@post(PATH, include_in_schema=False)
async def begin(visit: VisitOf) -> Response[bytes]:
    """Have a secret made."""
    visit.require_member()
    try:
        made = await visit.mall.post(API, {"password": visit.form.secret("password")}, Enrolment)
    except Problem as problem:
        me, factor = await visit.mall.get("/v1/members/me", Me), await visit.mall.get(API, Factor)
        return await refusals.again(visit, "account/factor_begin.html", problem, factor=factor, me=me)
    visit.session.write(ENROLMENT, made)
    return visit.redirect(SCAN)


@get(SCAN, include_in_schema=False)
async def show_code(visit: VisitOf) -> Response[bytes]:
    """Show the QR code, and ask for the first code of the app."""
    visit.require_member()
    made = visit.session.read(ENROLMENT, Enrolment)
    if made is None:
        return visit.redirect(PATH)
    return await _scan(visit, made)


@post(SCAN, include_in_schema=False)
async def confirm(visit: VisitOf) -> Response[bytes]:
    """Turn it on, and show the recovery codes this once."""
    visit.require_member()
    made = visit.session.read(ENROLMENT, Enrolment)
    if made is None:
        return visit.redirect(PATH)
    try:
        told = await visit.mall.post(f"{API}/confirmation", {"code": _code(visit.form)}, Codes)
    except Problem as problem:
        return await refusals.again(visit, "account/factor_scan.html", problem, secret=made.secret, qr=drawn(made))
    visit.session.drop(ENROLMENT)
    _renew_soon(visit)
    return await visit.page(CODES, codes=told.recovery_codes, headers=_PRIVATE)


@post(f"{PATH}/codes", include_in_schema=False)
async def renew_codes(visit: VisitOf) -> Response[bytes]:
    """Make new recovery codes, and show them this once."""
    visit.require_member()
    try:
        told = await visit.mall.post(f"{API}/recovery-codes", _proof(visit.form), Codes)
    except Problem as problem:
        return await _refused(visit, problem, renewing=True)
    return await visit.page(CODES, codes=told.recovery_codes, headers=_PRIVATE)


@post(f"{PATH}/remove", include_in_schema=False)
async def turn_off(visit: VisitOf) -> Response[bytes]:
    """Turn it off."""
    visit.require_member()
    try:
        await visit.mall.post(f"{API}/removal", _proof(visit.form), Nothing)
    except Problem as problem:
        return await _refused(visit, problem, renewing=False)
    _renew_soon(visit)
    visit.flash("good", visit.t("account.factor.turned_off"))
    return visit.redirect(SECURITY)


def drawn(made: Enrolment) -> str:
    """Return the QR code of an enrolment as an SVG element: black on white in any theme, so that phones read it."""
    code = segno.make(made.otpauth_uri, error="m", micro=False)
    return code.svg_inline(svgclass="qr", lineclass=None, omitsize=True, border=4, dark="#000", light="#fff")


async def _scan(visit: Visit, made: Enrolment) -> Response[bytes]:
    return await visit.page("account/factor_scan.html", secret=made.secret, qr=drawn(made), headers=_PRIVATE)


async def _refused(visit: Visit, problem: Problem, *, renewing: bool) -> Response[bytes]:
    first, second = (visit.form, Form()) if renewing else (Form(), visit.form)
    factor = await visit.mall.get(API, Factor)
    return await refusals.again(visit, MANAGE, problem, factor=factor, renewing=first, removing=second)


def _proof(form: Form) -> dict[str, str]:
    return {"password": form.secret("password"), "code": _code(form)}


def _code(form: Form) -> str:
    """Return a code without the blank that many apps show in the middle."""
    return form.text("code").replace(" ", "")


def _renew_soon(visit: Visit) -> None:
    """Have the tokens renewed with the next call: what they allow has changed."""
    if (tokens := visit.tokens) is not None:
        visit.session.write(TOKENS, tokens.spent())


ROUTES = [show, begin, show_code, confirm, renew_codes, turn_off]
