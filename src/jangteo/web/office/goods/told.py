"""What the mall tells staff of its products, as these pages read it."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec

AREA = "goods"
PATH = "/office/products"
MANAGE, STOCK = "products.manage", "stock.manage"


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A line in both languages."""

    ko: str
    en: str = ""


class Label(Text, frozen=True, kw_only=True):
    """A name with its code."""

    code: str


class Option(msgspec.Struct, frozen=True, kw_only=True):
    """What the buyer chooses, and from what."""

    code: str
    name: Text
    values: tuple[Label, ...] = ()


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """A fact about the product."""

    code: str
    name: Text
    value: Label


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture and what it shows."""

    name: str
    alt: Text


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is sold; prices in won."""

    sku: str
    choice: dict[str, str] = {}
    price: int
    list_price: int | None = None
    weight_grams: int = 0


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product as it was written."""

    id: UUID
    version: int
    status: str
    publish_at: str | None = None
    slug: str
    name_ko: str
    name_en: str = ""
    description_ko: str = ""
    description_en: str = ""
    category: str
    brand: Label | None = None
    options: tuple[Option, ...] = ()
    variants: tuple[Variant, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tags: tuple[str, ...] = ()
    tax_free: bool = False
    max_per_order: int = 99

    def sent(self, **changed: Any) -> dict[str, Any]:
        """Return the body by which this product is written again, but for what is `changed`."""
        body: dict[str, Any] = msgspec.to_builtins(self)
        return {name: value for name, value in body.items() if name not in ("id", "version")} | changed


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A product in the list."""

    product_id: UUID
    status: str
    publish_at: str | None = None
    category: str
    slug: str
    name_ko: str
    name_en: str = ""
    picture: str = ""
    price: int
    variants: int
    on_hand: int
    available: int
    changed_at: str

    def name(self, language: str) -> str:
        """Return its name in `language`."""
        return self.name_en or self.name_ko if language == "en" else self.name_ko


class Rows(msgspec.Struct, frozen=True):
    """A page of the list."""

    items: tuple[Row, ...] = ()
    next_cursor: str | None = None


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A category as it was written."""

    slug: str
    name_ko: str
    name_en: str = ""
    parent: str | None = None
    position: int = 0
    version: int = 1

    def name(self, language: str) -> str:
        """Return its name in `language`."""
        return self.name_en or self.name_ko if language == "en" else self.name_ko


class Categories(msgspec.Struct, frozen=True):
    """All categories."""

    items: tuple[Category, ...] = ()

    def tree(self) -> Iterator[tuple[int, Category]]:
        """Yield every category behind the one it lies in, with its depth; an orphan stands at the top."""
        known = {one.slug for one in self.items}

        def inside(parent: str | None, depth: int) -> Iterator[tuple[int, Category]]:
            for one in self.items:
                if (one.parent if one.parent in known else None) == parent:
                    yield depth, one
                    yield from inside(one.slug, depth + 1)

        yield from inside(None, 0)

    def choices(self, language: str) -> list[tuple[str, str]]:
        """Return value and text for a select, those inside others set in."""
        return [(one.slug, "\u00a0\u00a0" * depth + one.name(language)) for depth, one in self.tree()]


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a SKU."""

    sku: str
    on_hand: int
    reserved: int
    available: int
    sold: int


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """A change of what there is."""

    sku: str
    delta_on_hand: int
    delta_reserved: int
    reason: str
    reference: str
    at: str


class History(msgspec.Struct, frozen=True):
    """What there is, and how it came to that."""

    stock: tuple[Stock, ...] = ()
    items: tuple[Movement, ...] = ()
    next_cursor: str | None = None


class Low(msgspec.Struct, frozen=True, kw_only=True):
    """A SKU of which few are left."""

    sku: str
    product_id: UUID
    name_ko: str
    name_en: str = ""
    on_hand: int
    reserved: int
    available: int

    def name(self, language: str) -> str:
        """Return the product's name in `language`."""
        return self.name_en or self.name_ko if language == "en" else self.name_ko


class LowPage(msgspec.Struct, frozen=True):
    """A page of what runs low."""

    items: tuple[Low, ...] = ()
    next_cursor: str | None = None


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """An import and how far it is."""

    id: UUID
    name: str
    state: str
    total: int
    done: int
    added: int
    changed: int
    unchanged: int
    failed: int
    created_at: str

    @property
    def is_over(self) -> bool:
        """Return whether nothing more will happen."""
        return self.state in ("done", "failed")

    @property
    def percent(self) -> int:
        """Return how much of it is done."""
        return self.done * 100 // max(self.total, 1)


class Imports(msgspec.Struct, frozen=True):
    """The newest imports."""

    items: tuple[Import, ...] = ()


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What was wrong in a row of the file."""

    row: int
    field: str
    message: str


class Faults(msgspec.Struct, frozen=True):
    """A page of what was wrong."""

    items: tuple[Fault, ...] = ()
    next_cursor: str | None = None


class Uploaded(msgspec.Struct, frozen=True):
    """A picture that was taken in."""

    name: str


def tabs(product: Product, permissions: frozenset[str]) -> Sequence[tuple[str, str]]:
    """Return key and path of the pages of one product that somebody may enter."""
    path = f"{PATH}/{product.id}"
    found = [("edit", path), ("pictures", f"{path}/pictures")] if MANAGE in permissions else []
    return [*found, *([("stock", f"{path}/stock")] if STOCK in permissions else [])]
