"""What the product service answers and is sent over HTTP. Prices in won, VAT inside; texts in the caller's language."""

from typing import Any
from uuid import UUID

from msgspec import Struct


class CategoryOut(Struct, frozen=True, kw_only=True):
    """A category and those inside it."""

    slug: str
    name: str
    parent: str | None = None
    children: list["CategoryOut"] = []


class CategoryTree(Struct, frozen=True, kw_only=True):
    """GET /v1/categories."""

    items: list[CategoryOut]


class Named(Struct, frozen=True, kw_only=True):
    """A code and what it is called."""

    code: str
    name: str


class Card(Struct, frozen=True, kw_only=True):
    """A product in a list: its lowest price, what that was before, and its stock `level`: "in", "low" or "out"."""

    id: UUID
    slug: str
    name: str
    brand: Named | None
    category: str
    price: int
    list_price: int | None
    discount_percent: int
    price_varies: bool
    currency: str
    picture: str | None
    level: str
    available: bool


class VariantOut(Struct, frozen=True, kw_only=True):
    """One thing that can be put into a cart."""

    sku: str
    choice: dict[str, str]
    option: str
    price: int
    list_price: int | None
    weight_grams: int
    level: str
    available: bool


class OptionOut(Struct, frozen=True, kw_only=True):
    """Something to choose, and from what."""

    code: str
    name: str
    values: list[Named]


class AttributeOut(Struct, frozen=True, kw_only=True):
    """A fact about a product."""

    code: str
    name: str
    value: str


class PictureOut(Struct, frozen=True, kw_only=True):
    """A picture and what it shows."""

    url: str
    alt: str


class Detail(Card, frozen=True, kw_only=True):
    """A product on its own page."""

    version: int
    description: str
    breadcrumbs: list[Named]
    options: list[OptionOut]
    variants: list[VariantOut]
    attributes: list[AttributeOut]
    pictures: list[PictureOut]
    tags: list[str]
    tax_free: bool
    max_per_order: int


class CountOut(Struct, frozen=True, kw_only=True):
    """How many products there are of one value."""

    code: str
    name: str
    count: int


class PriceBand(Struct, frozen=True, kw_only=True):
    """How many products cost from `min_price` up to, but not, `below`."""

    min_price: int
    below: int | None
    count: int


class AttributeCounts(Struct, frozen=True, kw_only=True):
    """The counts of an option or attribute, for the parameter `filter=code:value`."""

    code: str
    name: str
    values: list[CountOut]


class RelatedProducts(Struct, frozen=True, kw_only=True):
    """Cards of products that go with another."""

    items: list[Any]


class FacetsOut(Struct, frozen=True, kw_only=True):
    """The counts beside a list. A category's count includes those inside it."""

    categories: list[CountOut]
    brands: list[CountOut]
    prices: list[PriceBand]
    attributes: list[AttributeCounts]


class ProductPage(Struct, frozen=True, kw_only=True):
    """A page of products; the next one begins behind `next_cursor`."""

    items: list[Any]
    total: int
    next_cursor: str | None
    facets: FacetsOut | None = None


class SearchPage(ProductPage, frozen=True, kw_only=True):
    """What a search found. `how`: exact, corrected (then `corrected_to`), relaxed (some of the words) or nothing."""

    query: str
    how: str
    corrected_to: str | None
    suggestions: list[str]


class Suggestions(Struct, frozen=True, kw_only=True):
    """How what is being typed may go on, and products that fit already."""

    words: list[str]
    products: list[Any]
