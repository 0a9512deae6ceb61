"""The arithmetic of stock: what may be held, sold and given back, and when its level is worth telling.

`on_hand` is what lies in the warehouse, `reserved` the part of it that is promised; what is left can be bought.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from msgspec import Struct

from jangteo.contracts.product import Shortage, StockLine
from jangteo.kit.errors import Conflict, Invalid, NotFound

MAX_LINES = 100
MAX_QUANTITY = 1_000_000


class Level(StrEnum):
    """What a shopper is told of the quantity left."""

    OUT = "out"
    LOW = "low"
    IN = "in"


class Counts(Struct, frozen=True):
    """The quantities of one SKU."""

    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        """What can still be bought."""
        return self.on_hand - self.reserved


class Reason(StrEnum):
    """Why a quantity changed: each ledger row has one."""

    RESERVED = "reserved"
    EXPIRED = "expired"
    RELEASED = "released"
    SOLD = "sold"
    RESTOCKED = "restocked"
    INCOMING = "incoming"
    DAMAGED = "damaged"
    COUNTED = "counted"
    RETURNED = "returned"


# What staff may give as a reason; the others are written by the life of a reservation.
STAFF_REASONS = (Reason.INCOMING, Reason.DAMAGED, Reason.COUNTED, Reason.RETURNED)


class NoSuchSku(NotFound):
    """No stock is kept under this SKU."""

    code = "stock.no_such_sku"
    ko = "재고에 없는 SKU입니다: {sku}"
    en = "No stock is kept of {sku}."


class BelowReserved(Conflict):
    """Stock cannot go below what is promised to buyers."""

    code = "stock.below_reserved"
    ko = "예약된 수량({reserved})보다 적게 줄일 수 없습니다: {sku}"
    en = "{sku} cannot go below the {reserved} that are reserved."


class BadMovement(Invalid):
    """A movement must change something, in the direction its reason names."""

    code = "stock.bad_movement"
    ko = "수량이 올바르지 않습니다: {reason} {quantity}"
    en = "A quantity of {quantity} does not fit {reason}."


class ReturnedTooMuch(Conflict):
    """More would come back than was sold."""

    code = "stock.returned_too_much"
    ko = "판매한 수량보다 많이 되돌릴 수 없습니다: {sku}"
    en = "More of {sku} would come back than was sold."


class NotSold(Conflict):
    """Nothing was sold to this order, so that nothing can come back."""

    code = "stock.not_sold"
    ko = "판매되지 않은 주문입니다: {order}"
    en = "Nothing was sold to the order {order}."


def less(quantities: Mapping[str, int], taken: Mapping[str, int]) -> dict[str, int]:
    """Return what is left of `quantities` once those `taken` are gone; SKUs of which nothing is left are missing."""
    left = {sku: quantity - taken.get(sku, 0) for sku, quantity in quantities.items()}
    return {sku: quantity for sku, quantity in left.items() if quantity > 0}


def require_sold(back: Mapping[str, int], sold: Mapping[str, int]) -> None:
    """Raise ReturnedTooMuch unless all of `back` is among what is `sold`."""
    for sku, quantity in back.items():
        if quantity > sold.get(sku, 0):
            raise ReturnedTooMuch(sku=sku)


def sum_lines(lines: Iterable[StockLine]) -> dict[str, int]:
    """Return the quantity asked of each SKU, in SKU order: lines of one SKU count together."""
    asked: dict[str, int] = {}
    for line in lines:
        asked[line.sku] = asked.get(line.sku, 0) + line.quantity
    return dict(sorted(asked.items()))


def find_shortages(asked: Mapping[str, int], available: Mapping[str, int]) -> list[Shortage]:
    """Return what cannot be held; empty means that all of it can. Unknown SKUs have none available."""
    return [
        Shortage(sku=sku, asked=quantity, available=max(available.get(sku, 0), 0))
        for sku, quantity in asked.items()
        if quantity <= 0 or quantity > available.get(sku, 0)
    ]


def level_of(available: int, low_mark: int) -> Level:
    """Return what a shopper is told: out at none, low up to and with `low_mark`."""
    if available <= 0:
        return Level.OUT
    return Level.LOW if available <= low_mark else Level.IN


def best_level(levels: Sequence[Level]) -> Level:
    """Return the level of a product from those of its variants: out only when all are."""
    for level in (Level.IN, Level.LOW):
        if level in levels:
            return level
    return Level.OUT


def check_movement(reason: Reason, quantity: int) -> None:
    """Raise unless `quantity` pieces may come (or, negative, go) for a staff `reason`."""
    fits = {
        Reason.INCOMING: quantity > 0,
        Reason.RETURNED: quantity > 0,
        Reason.DAMAGED: quantity < 0,
        Reason.COUNTED: quantity != 0,
    }
    if not fits.get(reason, False) or abs(quantity) > MAX_QUANTITY:
        raise BadMovement(reason=reason.value, quantity=quantity, field="delta")
