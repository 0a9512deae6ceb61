"""The address book: what parcels are sent to, with one default."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from jangteo.web.account import refusals
from jangteo.web.account.answers import Address, Addresses
from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.phones import dialled
from jangteo.web.problem import NotThere, Problem
from jangteo.web.visit import Visit, inside

PATH, API = "/account/addresses", "/v1/members/me/addresses"
EDIT = "account/address.html"
FIELDS = ("label", "recipient", "phone", "zip", "address1", "address2", "note")
MOST = 20


@get(PATH, include_in_schema=False)
async def show(visit: VisitOf) -> Response[bytes]:
    """Show the book, the default first."""
    visit.require_member()
    found = await visit.mall.get(API, Addresses)
    return await visit.page("account/addresses.html", addresses=found.items, most=MOST)


@get(f"{PATH}/new", include_in_schema=False)
async def show_new(visit: VisitOf, next: FromQuery[str] = PATH) -> Response[bytes]:
    """Show an empty form."""
    member = visit.require_member()
    form = Form.filled(recipient=member.name, label="")
    return await visit.page(EDIT, form=form, id=None, back=inside(next, PATH))


@post(f"{PATH}/new", include_in_schema=False)
async def add(visit: VisitOf) -> Response[bytes]:
    """Add an address; the same sent twice is one."""
    visit.require_member()
    back = inside(visit.form.text("next"), PATH)
    try:
        await visit.mall.post(API, _asked(visit.form), Address)
    except Problem as problem:
        return await refusals.again(visit, EDIT, problem, id=None, back=back)
    visit.flash("good", visit.t("account.addresses.saved"))
    return visit.redirect(back)


@get(f"{PATH}/{{address_id:uuid}}", include_in_schema=False)
async def show_one(visit: VisitOf, address_id: FromPath[UUID]) -> Response[bytes]:
    """Show an address in the form."""
    visit.require_member()
    found = await _one(visit, address_id)
    written = {name: getattr(found, name) for name in FIELDS} | {"phone": dialled(found.phone)}
    form = Form.filled(**written, **_ticked(found.is_default))
    return await visit.page(EDIT, form=form, id=address_id, back=PATH)


@post(f"{PATH}/{{address_id:uuid}}", include_in_schema=False)
async def replace(visit: VisitOf, address_id: FromPath[UUID]) -> Response[bytes]:
    """Overwrite an address."""
    visit.require_member()
    try:
        await visit.mall.put(f"{API}/{address_id}", _asked(visit.form), Address)
    except Problem as problem:
        if problem.status == 404:
            raise
        return await refusals.again(visit, EDIT, problem, id=address_id, back=PATH)
    visit.flash("good", visit.t("account.addresses.saved"))
    return visit.redirect(PATH)


@post(f"{PATH}/{{address_id:uuid}}/default", include_in_schema=False)
async def make_default(visit: VisitOf, address_id: FromPath[UUID]) -> Response[bytes]:
    """Let an address be the default."""
    visit.require_member()
    found = await _one(visit, address_id)
    asked = {name: getattr(found, name) for name in FIELDS} | {"is_default": True}
    await visit.mall.put(f"{API}/{address_id}", asked, Address)
    visit.flash("good", visit.t("account.addresses.saved"))
    return visit.redirect(PATH)


@post(f"{PATH}/{{address_id:uuid}}/remove", include_in_schema=False)
async def remove(visit: VisitOf, address_id: FromPath[UUID]) -> Response[bytes]:
    """Delete an address; one that is gone already is fine."""
    visit.require_member()
    try:
        await visit.mall.delete(f"{API}/{address_id}")
    except Problem as problem:
        if problem.status != 404:
            raise
    visit.flash("good", visit.t("account.addresses.removed"))
    return visit.redirect(PATH)


async def _one(visit: Visit, id: UUID) -> Address:
    for found in (await visit.mall.get(API, Addresses)).items:
        if found.id == id:
            return found
    raise NotThere()


def _asked(form: Form) -> dict[str, Any]:
    return {name: form.text(name) for name in FIELDS} | {"is_default": form.flag("is_default")}


def _ticked(is_default: bool) -> dict[str, str]:
    return {"is_default": "1"} if is_default else {}


ROUTES = [show, show_new, add, show_one, replace, make_default, remove]
