"""The part of the checkout's form that says where it goes: an address of the book, or a new one, and a note."""

from jangteo.web.forms import Form
from jangteo.web.problem import Problem
from jangteo.web.shop.delivery import Address
from jangteo.web.visit import Visit

NEW = "new"
NOTES = ("door", "guard", "box", "call")
OTHER = "other"
_NEEDED = ("recipient", "phone", "zip", "address1")


def prefilled(visit: Visit, book: tuple[Address, ...]) -> Form:
    """Return the form as it is first shown: the default address, or the member's own name."""
    member = visit.member
    known = {"recipient": member.name} if member and not book else {}
    note = book[0].note if book else ""
    chosen = {"note": OTHER, "note_text": note} if note else {"note": ""}
    return Form.filled(address=str(book[0].id) if book else NEW, save="" if book else "1", **chosen, **known)


def address_of(visit: Visit, form: Form, book: tuple[Address, ...]) -> dict[str, str]:
    """Return the address as the mall takes it; what is missing is noted in the form."""
    note = _note(visit, form)
    chosen = next((one for one in book if str(one.id) == form.text("address")), None)
    if chosen is not None:
        named = {name: getattr(chosen, name) for name in ("recipient", "phone", "zip", "address1", "address2")}
        return {**named, "note": note}
    for name in _NEEDED:
        if not form.text(name):
            form.errors[name] = visit.t("buy.checkout.needed")
    return {name: form.text(name) for name in (*_NEEDED, "address2")} | {"note": note}


async def remember_address(visit: Visit, address: dict[str, str]) -> None:
    """Put a new address into the book where that was asked for; that it fails is no reason to stop the order."""
    if visit.form.text("address") != NEW or not visit.form.flag("save"):
        return
    try:
        await visit.mall.post("/v1/members/me/addresses", {**address, "note": address["note"][:100]}, dict)
    except Problem:
        visit.flash("note", visit.t("buy.checkout.not_saved"))


def _note(visit: Visit, form: Form) -> str:
    chosen = form.text("note")
    if chosen in NOTES:
        return visit.t(f"buy.checkout.notes.{chosen}")
    return form.text("note_text")[:200] if chosen == OTHER else ""
