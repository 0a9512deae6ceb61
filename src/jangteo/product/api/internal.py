"""Routes for the other services of the mall."""

from litestar import Response, post
from litestar.params import JSONBody

from jangteo.contracts.product import OffersRequest
from jangteo.kit.errors import Invalid
from jangteo.product.api.given import Caller, Showcase, as_json

MAX_SKUS = 100


class TooManySkus(Invalid):
    """More SKUs than one call may ask for."""

    code = "offers.too_many"
    ko = "한 번에 {limit}개까지 조회할 수 있습니다."
    en = "At most {limit} SKUs at once."


@post("/internal/offers", include_in_schema=False, status_code=200)
async def tell_offers(data: JSONBody[OffersRequest], caller: Caller, showcase: Showcase) -> Response[bytes]:
    """Tell what SKUs cost and whether they can be bought at this moment."""
    caller.require_service()
    if len(data.skus) > MAX_SKUS:
        raise TooManySkus(limit=MAX_SKUS, field="skus")
    return as_json(await showcase.offers(caller.tenant, list(dict.fromkeys(data.skus))), {"Cache-Control": "no-store"})


ROUTES = [tell_offers]
