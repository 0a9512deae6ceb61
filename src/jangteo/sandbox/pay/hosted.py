"""The processor's own page for typing a card: plain forms, so that it works where no script runs."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from litestar.types import ControllerRouterHandler

from jangteo.sandbox.pages import Pages, language_of
from jangteo.sandbox.pay import card_pages
from jangteo.sandbox.pay.card_pages import CardPage, PageOver
from jangteo.sandbox.pay.cards import meanings
from jangteo.sandbox.pay.provider import Pay
from jangteo.sandbox.pay.schemas import NewToken
from jangteo.sandbox.problems import Refusal

AnyRequest = Request[Any, Any, Any]
PayOf = NamedDependency[SkipValidation[Pay]]
PagesOf = NamedDependency[SkipValidation[Pages]]
# Which field of the form a refused part of a card stands in.
_INPUTS = {"number": "number", "expiry_month": "expiry", "expiry_year": "expiry", "cvc": "cvc"}


@get("/cards/{key:str}", include_in_schema=False)
async def show_card_page(request: AnyRequest, pay: PayOf, pages: PagesOf, key: FromPath[str]) -> Response[bytes]:
    """Show the form; the key in the address is all that is needed, and good for one card."""
    page = card_pages.load(pay.database, key)
    if page.token and not page.spent:
        return _back(page, "completed")
    return _page(request, pay, pages, page, status=200 if page.is_open(pay.now()) else 409)


@post("/cards/{key:str}", include_in_schema=False)
async def take_card(request: AnyRequest, pay: PayOf, pages: PagesOf, key: FromPath[str]) -> Response[bytes]:
    """Take the card, then lead back to the shop with its token; a card that is refused is typed again."""
    form = await request.form()
    if form.get("leave"):
        page = card_pages.leave(pay, key)
        return _back(page, "completed" if page.token and not page.spent else "left")
    try:
        page = card_pages.type_card(pay, key, _card(form))
    except PageOver:
        return _page(request, pay, pages, card_pages.load(pay.database, key), status=409)
    except Refusal as refusal:
        if refusal.field not in _INPUTS:
            raise
        page = card_pages.load(pay.database, key)
        return _page(request, pay, pages, page, status=422, wrong=_INPUTS[refusal.field], code=refusal.code)
    return _back(page, "completed")


def routes() -> list[ControllerRouterHandler]:
    """Return the routes of the card page, which need `pages` provided."""
    return [show_card_page, take_card]


class ExpiryInvalid(Refusal):
    """Month and year are typed as MM/YY."""

    status = 422
    code = "card_expired"
    detail = "The expiry is not valid."


def _card(form: Any) -> NewToken:
    month, _, year = str(form.get("expiry", "")).replace(" ", "").partition("/")
    if not (month.isascii() and month.isdigit() and year.isascii() and year.isdigit() and 1 <= int(month) <= 12):
        raise ExpiryInvalid(field="expiry_month")
    return NewToken(
        number=str(form.get("number", ""))[:40],
        expiry_month=int(month),
        expiry_year=2000 + int(year) % 100,
        cvc=str(form.get("cvc", ""))[:5],
    )


def _page(
    request: AnyRequest, pay: Pay, pages: Pages, page: CardPage, *, status: int, wrong: str = "", code: str = ""
) -> Response[bytes]:
    back = urlsplit(page.return_url)
    return pages.answer(
        "card.html",
        language_of(request),
        # Browsers hold the redirect after a form to the same policy as the form itself.
        posts_to=f"'self' {back.scheme}://{back.netloc}",
        status=status,
        page=page,
        shop=back.netloc,
        amount=f"{page.amount:,}",
        is_open=page.is_open(pay.now()),
        back=_address(page, "left"),
        wrong=wrong,
        code=code,
        cards=meanings(language_of(request)),
    )


def _back(page: CardPage, status: str) -> Response[bytes]:
    headers = {"Location": _address(page, status), "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return Response(b"", status_code=303, headers=headers)


def _address(page: CardPage, status: str) -> str:
    told = {"reference": page.reference, "status": status} | ({"token": page.token} if status == "completed" else {})
    return page.return_url + ("&" if "?" in page.return_url else "?") + urlencode(told)
