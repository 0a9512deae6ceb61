"""What the product service publishes and is told: catalogue changes and stock."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from jangteo.kit.messages import Message


class StockLine(msgspec.Struct, frozen=True, kw_only=True):
    """A quantity of one SKU."""

    sku: str
    quantity: int


class Shortage(msgspec.Struct, frozen=True, kw_only=True):
    """Less than was asked for is left."""

    sku: str
    asked: int
    available: int


class StockMessage(Message, frozen=True, kw_only=True):
    """Whatever is said about the stock of one order."""

    key: ClassVar[str] = "order_id"
    order_id: UUID


class ReserveStock(StockMessage, frozen=True, kw_only=True):
    """Command: hold these quantities, all or none, until `expires_at`."""

    type: ClassVar[str] = "product.reserve_stock.v1"
    lines: list[StockLine]
    expires_at: datetime


class CommitStock(StockMessage, frozen=True, kw_only=True):
    """Command: what is held is sold now; where the hold expired, take the stock again or refuse."""

    type: ClassVar[str] = "product.commit_stock.v1"


class ReleaseStock(StockMessage, frozen=True, kw_only=True):
    """Command: give back whatever is held or sold for this order; refuse a reservation that comes later."""

    type: ClassVar[str] = "product.release_stock.v1"


class RestockGoods(StockMessage, frozen=True, kw_only=True):
    """Command: take back a part of what was sold for this order, once for `return_id`."""

    type: ClassVar[str] = "product.restock_goods.v1"
    return_id: UUID
    lines: list[StockLine]


class StockReserved(StockMessage, frozen=True, kw_only=True):
    """Event: held until `expires_at`."""

    type: ClassVar[str] = "product.stock_reserved.v1"
    expires_at: datetime


class StockRefused(StockMessage, frozen=True, kw_only=True):
    """Event: nothing is held, because of `shortages` or because the order was given up before."""

    type: ClassVar[str] = "product.stock_refused.v1"
    shortages: list[Shortage]


class StockCommitted(StockMessage, frozen=True, kw_only=True):
    """Event: sold."""

    type: ClassVar[str] = "product.stock_committed.v1"


class StockCommitFailed(StockMessage, frozen=True, kw_only=True):
    """Event: the hold had expired and the stock was gone."""

    type: ClassVar[str] = "product.stock_commit_failed.v1"
    shortages: list[Shortage]


class StockReleased(StockMessage, frozen=True, kw_only=True):
    """Event: nothing is held or sold for this order any more."""

    type: ClassVar[str] = "product.stock_released.v1"


class GoodsRestocked(StockMessage, frozen=True, kw_only=True):
    """Event: what `return_id` was about can be sold again."""

    type: ClassVar[str] = "product.goods_restocked.v1"
    return_id: UUID


class ReservationExpired(StockMessage, frozen=True, kw_only=True):
    """Event: the hold ran out before it was committed."""

    type: ClassVar[str] = "product.reservation_expired.v1"


class ProductChanged(Message, frozen=True, kw_only=True):
    """Event: a product was made, edited, published or archived."""

    type: ClassVar[str] = "product.changed.v1"
    key: ClassVar[str] = "product_id"
    product_id: UUID
    version: int


class AvailabilityChanged(Message, frozen=True, kw_only=True):
    """Event: a SKU ran out, is back, or passed the low-stock mark."""

    type: ClassVar[str] = "product.availability_changed.v1"
    key: ClassVar[str] = "product_id"
    product_id: UUID
    sku: str
    level: str  # "out" | "low" | "in"


class PopularityChanged(Message, frozen=True, kw_only=True):
    """Event: a product was bought more, or less, in the last days; many sales make one event."""

    type: ClassVar[str] = "product.popularity_changed.v1"
    key: ClassVar[str] = "product_id"
    product_id: UUID


class OffersRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /internal/offers: at most 100 SKUs; unknown ones are left out of the answer."""

    skus: list[str]


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What a SKU costs and whether it can be bought, at this moment."""

    sku: str
    product_id: UUID
    slug: str
    name_ko: str
    name_en: str
    option: str
    price: int
    list_price: int | None
    currency: str
    tax_free: bool
    weight_grams: int
    picture: str
    available: int
    purchasable: bool
    max_per_order: int


class Offers(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of POST /internal/offers."""

    offers: list[Offer]


class GlancesRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /internal/glances: at most 100 products; those that nobody may see are left out of the answer."""

    ids: list[UUID]
    language: Literal["ko", "en"]


class Brand(msgspec.Struct, frozen=True, kw_only=True):
    """A brand's code and name."""

    code: str
    name: str


class Glance(msgspec.Struct, frozen=True, kw_only=True):
    """A product as lists show it, in one language; `on_sale` is false for what is archived."""

    id: UUID
    slug: str
    name: str
    brand: Brand | None
    price: int
    list_price: int | None
    discount_percent: int
    price_varies: bool
    currency: str
    picture: str | None
    level: str
    available: bool
    on_sale: bool


class Glances(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of POST /internal/glances."""

    items: list[Glance]
