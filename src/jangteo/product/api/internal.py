"""Routes for the other services of the mall; what every line of a cart asks is plain ASGI, at a third of the CPU."""

from typing import Any

import msgspec
from litestar import Response, asgi, post
from litestar.params import JSONBody
from litestar.types import ControllerRouterHandler, Receive, Send

from jangteo.contracts.product import GlancesRequest, OffersRequest
from jangteo.kit import auth
from jangteo.kit.errors import Invalid
from jangteo.kit.http.body import decoded
from jangteo.kit.http.problems import BodyTooLarge, MethodNotAllowed
from jangteo.product.api.given import Caller, as_json
from jangteo.product.catalogue.showcase import Showcase

MAX_SKUS = 100
MAX_GLANCES = 100
MAX_BODY_BYTES = 100_000

_request = msgspec.json.Decoder(OffersRequest)


class TooManySkus(Invalid):
    """More SKUs than one call may ask for."""

    code = "offers.too_many"
    ko = "한 번에 {limit}개까지 조회할 수 있습니다."
    en = "At most {limit} SKUs at once."


class TooManyProducts(Invalid):
    """More products than one call may ask for."""

    code = "glances.too_many"
    ko = "한 번에 {limit}개까지 조회할 수 있습니다."
    en = "At most {limit} products at once."


def routes(showcase: Showcase) -> list[ControllerRouterHandler]:
    """Return the routes; what `showcase` tells is that of the moment of each call."""

    @asgi("/internal/offers", copy_scope=False)
    async def tell_offers(scope: Any, receive: Receive, send: Send) -> None:
        """Tell what SKUs cost and whether they can be bought at this moment."""
        if scope["method"] != "POST":
            raise MethodNotAllowed()
        caller: auth.Caller = scope["state"]["caller"]
        caller.require_service()
        asked = decoded(await _body(receive), _request).skus
        if len(asked) > MAX_SKUS:
            raise TooManySkus(limit=MAX_SKUS, field="skus")
        offers = await showcase.offers(caller.tenant, list(dict.fromkeys(asked)))
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(offers)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": offers, "more_body": False})

    @post("/internal/glances", status_code=200, include_in_schema=False)
    async def tell_glances(data: JSONBody[GlancesRequest], caller: Caller) -> Response[bytes]:
        """Tell what products are called and cost, also those that are sold no longer."""
        caller.require_service()
        if len(data.ids) > MAX_GLANCES:
            raise TooManyProducts(limit=MAX_GLANCES, field="ids")
        glances = await showcase.glances(caller.tenant, list(dict.fromkeys(map(str, data.ids))), data.language)
        return as_json(glances, {"Cache-Control": "no-store"})

    return [tell_offers, tell_glances]


async def _body(receive: Receive) -> bytes:
    """Return the body; what is left of it where the caller hung up is read by nobody."""
    body, more = b"", True
    while more:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge()
    return body
