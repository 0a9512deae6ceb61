"""Find out what is to be ordered and what it costs: an order's network calls, all before its transaction."""

from uuid import UUID

from jangteo.contracts.shipping import QuoteRequest
from jangteo.kit.errors import Invalid
from jangteo.order.clients import Shop
from jangteo.order.domain.pricing import CURRENCY, NothingOrdered, Price, Wanted, offered, priced, summed, weight_grams
from jangteo.order.schemas import OrderInput, QuoteInput


class OneSourceOnly(Invalid):
    """Either lines or the cart are ordered."""

    code = "order.one_source"
    ko = "lines와 from_cart 중 하나만 지정해야 합니다."
    en = "Give either lines or from_cart."


async def price_order(
    shop: Shop, tenant: str, member_id: UUID, request: OrderInput | QuoteInput, zip: str
) -> tuple[Price, str | None]:
    """Return the price of what `request` asks for, and the id of the cart where it comes out of one.

    Raises OneSourceOnly, NothingOrdered, what makes a line impossible to buy, or ServiceUnavailable.
    """
    if (request.lines is None) != request.from_cart:
        raise OneSourceOnly(field="lines" if request.from_cart else "from_cart")
    wanted, cart_id = _asked(request), None
    if request.from_cart:
        wanted, cart_id = await _from_cart(shop, tenant, member_id)
    wanted = summed(wanted)
    lines = offered(wanted, await shop.offers(tenant, [line.sku for line in wanted]))
    items_total = sum(line.unit_price * line.quantity for line in lines)
    quote = await shop.quote(
        tenant,
        QuoteRequest(zip=zip, items_total=items_total, weight_grams=weight_grams(lines), currency=CURRENCY),
    )
    return priced(lines, quote), cart_id


def _asked(request: OrderInput | QuoteInput) -> list[Wanted]:
    return [
        Wanted(sku=line.sku, quantity=line.quantity, field=f"lines[{index}]")
        for index, line in enumerate(request.lines or ())
    ]


async def _from_cart(shop: Shop, tenant: str, member_id: UUID) -> tuple[list[Wanted], str]:
    cart = await shop.cart(tenant, member_id)
    ticked = [line for line in cart.lines if line.selected] if cart is not None else []
    if cart is None or not ticked:
        raise NothingOrdered(field="from_cart")
    return [
        Wanted(sku=line.sku, quantity=line.quantity, field=f"from_cart[{index}]") for index, line in enumerate(ticked)
    ], cart.cart_id
