"""What is in the cart as the pages show it, and what its delivery would cost: asked of the mall each time."""

import asyncio
from uuid import UUID

import msgspec

from jangteo.web.problem import Problem
from jangteo.web.shop.delivery import MAINLAND, Delivery, Quoted, default_zip, quoted
from jangteo.web.visit import Visit

OK = "ok"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line beside what the catalogue says now; what is gone has neither name nor price."""

    sku: str
    quantity: int
    selected: bool
    state: str
    product_id: UUID | None = None
    slug: str | None = None
    name: str | None = None
    option: str | None = None
    picture: str | None = None
    unit_price: int | None = None
    list_price: int | None = None
    price_seen: int = 0
    price_change: str | None = None
    available: int = 0
    max_quantity: int = 0
    subtotal: int = 0

    @property
    def is_fine(self) -> bool:
        """Return whether it can be ordered as it is."""
        return self.state == OK

    @property
    def is_short(self) -> bool:
        """Return whether fewer pieces could be ordered."""
        return self.state in ("too_few_left", "over_limit")

    @property
    def most(self) -> int:
        """Return how many pieces could be ordered."""
        return min(self.available, self.max_quantity)

    @property
    def choices(self) -> list[int]:
        """Return the quantities to choose from, that which is in the cart among them."""
        return sorted({*range(1, min(self.most, 20) + 1), self.quantity})


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/cart."""

    version: int = 0
    lines: tuple[Line, ...] = ()
    pieces: int = 0
    subtotal: int = 0
    orderable: bool = False

    @property
    def ticked(self) -> list[Line]:
        """Return what would be ordered."""
        return [line for line in self.lines if line.selected]

    @property
    def unfit(self) -> list[Line]:
        """Return what is ticked and cannot be ordered as it is."""
        return [line for line in self.ticked if not line.is_fine]

    @property
    def changed(self) -> list[Line]:
        """Return the lines whose price has moved since they were put in."""
        return [line for line in self.lines if line.price_change]


class CutLine(msgspec.Struct, frozen=True):
    """A line of a guest's cart that could not be kept whole at the log-in."""

    sku: str
    asked: int
    kept: int


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What the ticked lines would cost with their delivery; `is_whole`: weight and place are known."""

    delivery: Delivery
    total: int
    is_whole: bool


async def basket(visit: Visit) -> Basket:
    """Return the cart. Raises Problem."""
    return await visit.mall.get("/v1/cart", Basket)


async def look_again(visit: Visit) -> None:
    """Ask what is in the cart now, for the number beside it; it may as well stay as it is for a moment."""
    try:
        await basket(visit)
    except Problem:
        return


async def estimate(visit: Visit, cart: Basket) -> Estimate | None:
    """Return what the ticked lines would cost, None where nothing can be said just now."""
    if not cart.ticked:
        return None
    try:
        if visit.member is not None and cart.orderable:
            whole = await quoted(visit, await default_zip(visit), {"from_cart": True})
            return Estimate(delivery=_delivery(whole), total=whole.total, is_whole=True)
        asked = {"zip": MAINLAND, "items_total": cart.subtotal}
        delivery = await visit.mall.post("/v1/shipping/quotes", asked, Delivery)
    except Problem:
        return None
    return Estimate(delivery=delivery, total=cart.subtotal + delivery.fee, is_whole=False)


def _delivery(whole: Quoted) -> Delivery:
    return msgspec.structs.replace(whole.shipping, free_over_missing=whole.free_over_missing)


async def set_lines(visit: Visit, cart: Basket, wanted: dict[str, tuple[int, bool]]) -> None:
    """Set quantity and tick of lines by their SKUs, as far as they are others. Raises Problem: cart.stale, say."""
    version = str(cart.version)
    for line in cart.lines:
        quantity, selected = wanted.get(line.sku, (line.quantity, line.selected))
        if (quantity, selected) == (line.quantity, line.selected):
            continue
        body = {"quantity": quantity, "selected": selected}
        changed = await visit.mall.put(f"/v1/cart/lines/{line.sku}", body, Basket, version=f'"{version}"')
        version = str(changed.version)


async def remove(visit: Visit, skus: list[str]) -> None:
    """Take lines out; what is gone already is fine. Raises Problem."""
    await asyncio.gather(*(visit.mall.delete(f"/v1/cart/lines/{sku}", Basket) for sku in skus))
