"""What those who look after the catalogue send and are told: in both languages, with versions. Prices in won."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from jangteo.product.domain.catalogue import (
    Attribute,
    Category,
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
from jangteo.product.domain.publishing import publish_time

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
    publish_at: Annotated[datetime, Meta(tz=True)] | None = None

    def content(self, slug: str) -> Content:
        """Return what is kept, at the address `slug`. Raises BadPublishTime."""
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
            publish_at=publish_time(self.publish_at, self.status),
        )


class ProductKept(Struct, frozen=True, kw_only=True):
    """A product as staff see it: whatever they wrote, in both languages, with its version."""

    id: UUID
    number: int
    version: int
    status: Status
    publish_at: datetime | None
    slug: str
    former_slugs: list[str]
    name_ko: str
    name_en: str
    description_ko: str
    description_en: str
    category: str
    brand: Label | None
    options: list[Option]
    variants: list[Variant]
    attributes: list[Attribute]
    pictures: list[Picture]
    tags: list[str]
    tax_free: bool
    max_per_order: int
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, product: Product) -> "ProductKept":
        """Return what staff are told of `product`."""
        told = {name: getattr(product, name) for name in cls.__struct_fields__ if hasattr(product, name)}
        return cls(
            name_ko=product.name.ko,
            name_en=product.name.en,
            description_ko=product.description.ko,
            description_en=product.description.en,
            **told,
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

    @classmethod
    def of(cls, category: Category) -> "CategoryKept":
        """Return what staff are told of `category`."""
        return cls(
            slug=category.code,
            name_ko=category.name.ko,
            name_en=category.name.en,
            parent=category.parent,
            position=category.position,
            version=category.version,
        )
