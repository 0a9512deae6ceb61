"""What an order costs: always computed here, from the offers of the moment, never taken from a client."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from jangteo.contracts.product import Offer
from jangteo.contracts.shipping import Quote
from jangteo.kit.errors import Conflict, Invalid
from jangteo.kit.money import included_vat
from jangteo.order.domain.events import Delivery, Line

CURRENCY = "KRW"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity of one SKU, and where in the request it was asked for."""

    sku: str
    quantity: int
    field: str


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """All amounts of an order in minor units; `vat` is contained in `total`.

    `free_over_missing`: what more goods would make the base fee fall away. Until `order_by` the promised days hold.
    """

    lines: tuple[Line, ...]
    items_total: int
    delivery: Delivery
    total: int
    vat: int
    free_over_missing: int = 0
    order_by: datetime | None = None


class NothingOrdered(Invalid):
    """There is no line, or none is ticked in the cart."""

    code = "order.empty"
    ko = "주문할 상품이 없습니다."
    en = "There is nothing to order."


class UnknownSku(Invalid):
    """No product has this SKU."""

    code = "order.unknown_sku"
    ko = "없는 상품입니다: {sku}"
    en = "There is no product {sku}."


class NotPurchasable(Conflict):
    """The product is not on sale at the moment."""

    code = "order.not_purchasable"
    ko = "지금은 구매할 수 없는 상품입니다: {sku}"
    en = "{sku} cannot be bought at the moment."


class OverLimit(Invalid):
    """More than one order may contain of it."""

    code = "order.over_limit"
    ko = "한 번에 {limit}개까지 주문할 수 있습니다: {sku}"
    en = "At most {limit} of {sku} can be ordered at a time."


class StockInsufficient(Conflict):
    """Less than was asked for is left."""

    code = "stock.insufficient"
    ko = "재고가 부족합니다: {sku} (남은 수량 {available})"
    en = "Not enough stock of {sku} ({available} left)."


class CurrencyUnsupported(Conflict):
    """The product is offered in another currency than this shop takes."""

    code = "order.currency_unsupported"
    ko = "결제할 수 없는 통화의 상품입니다: {sku} ({currency})"
    en = "{sku} is offered in {currency}, which cannot be paid here."


class TotalChanged(Conflict):
    """The buyer was shown another sum than it is now."""

    code = "order.total_changed"
    ko = "결제 금액이 변경되었습니다. 현재 금액: {total:,}원"
    en = "The total has changed. It is {total} KRW now."


def summed(wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return one line for each SKU, in order of first mention. Raises NothingOrdered for none at all."""
    if not wanted:
        raise NothingOrdered(field="lines")
    by_sku: dict[str, Wanted] = {}
    for line in wanted:
        known = by_sku.get(line.sku)
        by_sku[line.sku] = (
            line if known is None else msgspec.structs.replace(known, quantity=known.quantity + line.quantity)
        )
    return list(by_sku.values())


def offered(wanted: Sequence[Wanted], offers: Mapping[str, Offer]) -> tuple[Line, ...]:
    """Return the lines at the offered prices. Raises what says why a line cannot be bought, naming its field."""
    return tuple(_line(line, offers) for line in wanted)


def priced(lines: tuple[Line, ...], quote: Quote) -> Price:
    """Add the delivery. The VAT is that of the taxed goods and the delivery (부가가치세법 §30; §26: tax-free goods)."""
    delivery = Delivery(
        base_fee=quote.base_fee,
        surcharge=quote.surcharge,
        zone=quote.zone,
        arrives_from=quote.promise.arrives_from if quote.promise else None,
        arrives_until=quote.promise.arrives_until if quote.promise else None,
    )
    items_total = sum(line.unit_price * line.quantity for line in lines)
    taxed = sum(line.unit_price * line.quantity for line in lines if not line.tax_free) + delivery.fee
    return Price(
        lines=lines,
        items_total=items_total,
        delivery=delivery,
        total=items_total + delivery.fee,
        vat=included_vat(taxed),
        free_over_missing=quote.free_over_missing,
        order_by=quote.promise.order_by if quote.promise else None,
    )


def weight_grams(lines: Sequence[Line]) -> int:
    """Return what the goods weigh in all."""
    return sum(line.weight_grams * line.quantity for line in lines)


def require_expected(price: Price, expected_total: int | None) -> None:
    """Raise TotalChanged, which tells the new total, where the buyer expected another one."""
    if expected_total is not None and expected_total != price.total:
        raise TotalChanged(field="expected_total", total=price.total, expected_total=expected_total)


def _line(wanted: Wanted, offers: Mapping[str, Offer]) -> Line:
    offer = offers.get(wanted.sku)
    if offer is None:
        raise UnknownSku(field=f"{wanted.field}.sku", sku=wanted.sku)
    if offer.available <= 0:
        raise StockInsufficient(field=f"{wanted.field}.quantity", sku=wanted.sku, available=0)
    if not offer.purchasable:
        raise NotPurchasable(field=f"{wanted.field}.sku", sku=wanted.sku)
    if offer.currency != CURRENCY:
        raise CurrencyUnsupported(field=f"{wanted.field}.sku", sku=wanted.sku, currency=offer.currency)
    if wanted.quantity > offer.max_per_order:
        raise OverLimit(field=f"{wanted.field}.quantity", sku=wanted.sku, limit=offer.max_per_order)
    if wanted.quantity > offer.available:
        raise StockInsufficient(field=f"{wanted.field}.quantity", sku=wanted.sku, available=offer.available)
    return Line(
        sku=offer.sku,
        product_id=offer.product_id,
        slug=offer.slug,
        name_ko=offer.name_ko,
        name_en=offer.name_en,
        option=offer.option,
        picture=offer.picture,
        quantity=wanted.quantity,
        unit_price=offer.price,
        tax_free=offer.tax_free,
        weight_grams=offer.weight_grams,
    )
