"""What the shop's terms and its word on personal data say, for everybody to read."""

from litestar import Response, get

from jangteo.web.account.answers import ConsentText, ConsentTexts
from jangteo.web.given import VisitOf
from jangteo.web.problem import NotThere
from jangteo.web.visit import Visit

FRESH_SECONDS = 10.0


@get("/terms", include_in_schema=False)
async def terms(visit: VisitOf) -> Response[bytes]:
    """Show the terms of service."""
    return await visit.page("account/shop_text.html", text=await _text(visit, "terms"))


@get("/privacy", include_in_schema=False)
async def privacy(visit: VisitOf) -> Response[bytes]:
    """Show what personal data is used for."""
    return await visit.page("account/shop_text.html", text=await _text(visit, "privacy"))


async def _text(visit: Visit, purpose: str) -> ConsentText:
    found = await visit.mall.window("/v1/consent-texts", ConsentTexts, seconds=FRESH_SECONDS)
    for one in found.items:
        if one.purpose == purpose:
            return one
    raise NotThere()


ROUTES = [terms, privacy]
