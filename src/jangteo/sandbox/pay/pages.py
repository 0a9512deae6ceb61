"""The pages that a card holder sees at the processor: the hosted card form, and the confirmation of a payment."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, SkipValidation
from litestar.types import ControllerRouterHandler

from jangteo.sandbox.pages import Pages, language_of
from jangteo.sandbox.pay import commands, store
from jangteo.sandbox.pay.card_pages import require_shop
from jangteo.sandbox.pay.cards import meanings
from jangteo.sandbox.pay.domain import NotConfirmable, Payment
from jangteo.sandbox.pay.provider import Pay
from jangteo.sandbox.problems import Refusal

AnyRequest = Request[Any, Any, Any]
PayOf = NamedDependency[SkipValidation[Pay]]
PagesOf = NamedDependency[SkipValidation[Pages]]
THEMES = ("light", "dark")


class OriginNotAllowed(Refusal):
    """A card form speaks to the shop's own pages only."""

    status = 403
    code = "origin_not_allowed"
    detail = "This origin may not embed the card form."


class DecisionRequired(Refusal):
    """The confirmation page has two buttons."""

    status = 400
    code = "invalid_request"
    detail = "Send decision=approve or decision=decline."


@get("/fields", include_in_schema=False)
async def card_form(
    request: AnyRequest,
    pay: PayOf,
    pages: PagesOf,
    origin: FromQuery[str] = "",
    button: FromQuery[str] = "1",
    theme: FromQuery[str] = "",
) -> Response[bytes]:
    """Show the card form to be framed by a page of `origin`; `theme` light or dark, else as the system wishes."""
    if not pay.settings.is_shop(origin) or not _is_plain(origin):
        raise OriginNotAllowed(field="origin")
    return pages.answer(
        "fields.html",
        language_of(request),
        ancestors=" ".join(pay.settings.allowed_origins()),
        origin=origin,
        button=button != "0",
        theme=theme if theme in THEMES else "",
        cards=meanings(language_of(request)),
    )


@get("/confirm/{key:str}", include_in_schema=False)
async def show_confirmation(
    request: AnyRequest, pay: PayOf, pages: PagesOf, key: FromPath[str], return_url: FromQuery[str] = ""
) -> Response[bytes]:
    """Ask the card holder; the key in the address is all that is needed, as with a bank's one-time link.

    A shop that knew no address to come back to when it paid may add `return_url`, one of its own.
    """
    return _confirmation(request, pages, _payment(pay, key, return_url))


@post("/confirm/{key:str}", include_in_schema=False)
async def decide_confirmation(
    request: AnyRequest, pay: PayOf, pages: PagesOf, key: FromPath[str], return_url: FromQuery[str] = ""
) -> Response[bytes]:
    """Take the decision, then go back to the shop where it gave an address."""
    decision = (await request.form()).get("decision")
    if decision not in ("approve", "decline"):
        raise DecisionRequired(field="decision")
    _payment(pay, key, return_url)
    try:
        commands.confirm_payment(pay, key, decision == "approve")
    except NotConfirmable:
        return _confirmation(request, pages, _payment(pay, key, return_url), status=409)
    payment = _payment(pay, key, return_url)
    if payment.return_url is None:
        return _confirmation(request, pages, payment)
    return Response(b"", status_code=303, headers={"Location": _back(payment), "Referrer-Policy": "no-referrer"})


def routes() -> list[ControllerRouterHandler]:
    """Return the routes of the pages, which need `pages` provided."""
    return [card_form, show_confirmation, decide_confirmation]


def open_pages() -> Pages:
    """Read the templates and files beside this module."""
    return Pages(Path(__file__).parent)


def _payment(pay: Pay, key: str, return_url: str) -> Payment:
    """Return the payment to confirm, with the address to go back to. Raises Unknown, ReturnNotAllowed."""
    payment = store.load_by_confirmation(pay.database, key)
    if not return_url:
        return payment
    require_shop(pay.settings, return_url)
    return msgspec.structs.replace(payment, return_url=payment.return_url or return_url)


def _confirmation(request: AnyRequest, pages: Pages, payment: Payment, status: int = 200) -> Response[bytes]:
    back = urlsplit(payment.return_url) if payment.return_url else None
    # Browsers hold the redirect after a form to the same policy as the form itself.
    posts_to = f"'self' {back.scheme}://{back.netloc}" if back else "'self'"
    return pages.answer(
        "confirm.html",
        language_of(request),
        posts_to=posts_to,
        status=status,
        payment=payment,
        amount=f"{payment.amount:,}",
        return_url=_back(payment) if back else "",
    )


def _back(payment: Payment) -> str:
    address = payment.return_url or ""
    joint = "&" if "?" in address else "?"
    return address + joint + urlencode({"payment": payment.id, "status": payment.status})


def _is_plain(origin: str) -> bool:
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.netloc}" == origin and "@" not in origin and "/" not in parts.netloc
