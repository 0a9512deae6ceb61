"""What the product service answers and is sent over HTTP. Prices in won, VAT inside; texts in the caller's language."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from jangteo.product.domain.catalogue import (
    Attribute,
    Code,
    Content,
    Label,
    Line,
    Option,
    OptionalLine,
    Picture,
    Product,
    Prose,
    Status,
    Text,
    Variant,
)

Slug = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[a-z0-9가-힣]+(-[a-z0-9가-힣]+)*$")]


class ProductIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product as staff write it. Without a slug it gets one from its English, else its Korean name."""

    name_ko: Line
    name_en: OptionalLine = ""
    description_ko: Annotated[str, Meta(max_length=20_000)] = ""
    description_en: Annotated[str, Meta(max_length=20_000)] = ""
    slug: Slug | None = None
    category: Code
    brand: Label | None = None
    options: Annotated[list[Option], Meta(max_length=5)] = []
    variants: Annotated[list[Variant], Meta(min_length=1, max_length=200)]
    attributes: Annotated[list[Attribute], Meta(max_length=60)] = []
    pictures: Annotated[list[Picture], Meta(max_length=20)] = []
    tags: Annotated[list[Line], Meta(max_length=30)] = []
    tax_free: bool = False
    max_per_order: Annotated[int, Meta(ge=1, le=10_000)] = 99
    status: Status = Status.DRAFT

    def content(self, slug: str) -> Content:
        """Return what is kept, at the address `slug`."""
        return Content(
            slug=slug,
            name=Text(ko=self.name_ko, en=self.name_en),
            description=Prose(ko=self.description_ko, en=self.description_en),
            category=self.category,
            brand=self.brand,
            options=self.options,
            variants=self.variants,
            attributes=self.attributes,
            pictures=self.pictures,
            tags=self.tags,
            tax_free=self.tax_free,
            max_per_order=self.max_per_order,
            status=self.status,
        )


class ProductKept(Struct, frozen=True, kw_only=True):
    """A product as staff see it: in both languages, with its version."""

    id: UUID
    version: int
    status: Status
    slug: str
    name_ko: str
    name_en: str
    category: str
    variants: list[Variant]

    @classmethod
    def of(cls, product: Product) -> "ProductKept":
        """Return what staff are told of `product`."""
        return cls(
            id=product.id,
            version=product.version,
            status=product.status,
            slug=product.slug,
            name_ko=product.name.ko,
            name_en=product.name.en,
            category=product.category,
            variants=product.variants,
        )


class CategoryIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new category; its slug stays for ever."""

    slug: Code
    name_ko: Line
    name_en: OptionalLine = ""
    parent: Code | None = None
    position: Annotated[int, Meta(ge=0, le=100_000)] = 0


class CategoryChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a category can change: its names and its place."""

    name_ko: Line
    name_en: OptionalLine = ""
    parent: Code | None = None
    position: Annotated[int, Meta(ge=0, le=100_000)] = 0


class CategoryKept(Struct, frozen=True, kw_only=True):
    """A category as staff see it."""

    slug: str
    name_ko: str
    name_en: str
    parent: str | None
    position: int
    version: int


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
