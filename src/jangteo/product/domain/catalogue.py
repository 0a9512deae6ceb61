"""What a product and a category are, and the rules that hold for them whoever writes them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from jangteo.kit.errors import Conflict, Invalid, NotFound

MAX_VARIANTS = 200
MAX_PRICE = 1_000_000_000

Code = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
MAX_SKU = 64
Sku = Annotated[str, Meta(pattern=rf"^[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_SKU - 1}}}$")]
# One line: no control characters, so that names can be joined, logged and shown without care.
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
OptionalLine = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Price = Annotated[int, Meta(ge=0, le=MAX_PRICE)]


class Status(StrEnum):
    """Whether a product is being prepared, can be bought, or is kept for the orders that name it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Text(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line in Korean and, where there is one, in English."""

    ko: Line
    en: OptionalLine = ""

    def said_in(self, language: str) -> str:
        """Return the text for `language`; Korean stands in for a missing English."""
        return self.ko if language == "ko" or not self.en else self.en


class Prose(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A longer text, with paragraphs."""

    ko: Annotated[str, Meta(max_length=20_000)] = ""
    en: Annotated[str, Meta(max_length=20_000)] = ""

    def said_in(self, language: str) -> str:
        """Return the text for `language`; the other language stands in for a missing one."""
        return (self.ko or self.en) if language == "ko" else (self.en or self.ko)


class Label(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name with a code that stays the same in every language and every product: a brand, a colour, a size."""

    code: Code
    ko: Line
    en: OptionalLine = ""

    def said_in(self, language: str) -> str:
        """Return the name in `language`; Korean stands in for a missing English."""
        return self.ko if language == "ko" or not self.en else self.en


class Option(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something the buyer chooses, such as 색상, and what there is to choose from."""

    code: Code
    name: Text
    values: Annotated[list[Label], Meta(min_length=1, max_length=60)]


class Attribute(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fact about the product that nobody chooses, such as 원산지."""

    code: Code
    name: Text
    value: Label


class Picture(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file under /media/ and what it shows."""

    name: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]{0,79}$")]
    alt: Text


class Variant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that can be put in a cart: a choice for each option. `price` and `list_price` in won, VAT inside.

    `list_price` is the true earlier price of a thing on sale.
    """

    sku: Sku
    choice: dict[Code, Code] = {}
    price: Price
    list_price: Price | None = None
    weight_grams: Annotated[int, Meta(ge=0, le=1_000_000)] = 0


class Content(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What staff write of a product."""

    slug: Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[a-z0-9가-힣]+(-[a-z0-9가-힣]+)*$")]
    name: Text
    category: Code
    brand: Label | None = None
    description: Prose = Prose()
    options: Annotated[list[Option], Meta(max_length=5)] = []
    variants: Annotated[list[Variant], Meta(min_length=1, max_length=MAX_VARIANTS)]
    attributes: Annotated[list[Attribute], Meta(max_length=60)] = []
    pictures: Annotated[list[Picture], Meta(max_length=20)] = []
    tags: Annotated[list[Line], Meta(max_length=30)] = []
    tax_free: bool = False
    max_per_order: Annotated[int, Meta(ge=1, le=10_000)] = 99
    status: Status = Status.DRAFT
    publish_at: datetime | None = None


class Product(Content, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A product as it is kept. `number` counts a shop's products; `version` counts the edits of this one."""

    id: UUID
    number: int
    version: int
    former_slugs: list[str] = []
    currency: str = "KRW"
    popularity: int = 0
    created_at: datetime
    changed_at: datetime

    def lowest(self) -> Variant:
        """Return the cheapest variant: its prices stand for the product in lists."""
        return min(self.variants, key=lambda variant: variant.price)

    def option_label(self, variant: Variant, language: str) -> str:
        """Return the choices of `variant` as people read them, such as "블랙 / L"; empty without options."""
        words = [
            next(value.said_in(language) for value in option.values if value.code == variant.choice[option.code])
            for option in self.options
        ]
        return " / ".join(words)


class Category(Struct, frozen=True, kw_only=True):
    """A place in the category tree. `code` is its address and never changes, wherever it is moved."""

    code: Code
    name: Text
    parent: Code | None = None
    position: int = 0
    version: int = 1


class NoSuchProduct(NotFound):
    """No product has this id or slug."""

    code = "product.not_found"
    ko = "상품을 찾을 수 없습니다."
    en = "There is no such product."


class NoSuchCategory(NotFound):
    """No category has this code."""

    code = "category.not_found"
    ko = "분류를 찾을 수 없습니다: {category}"
    en = "There is no category {category}."


class UnknownCategory(Invalid):
    """A product names a category that is not there."""

    code = "product.unknown_category"
    ko = "없는 분류입니다: {category}"
    en = "There is no category {category}."


class RepeatedCode(Invalid):
    """Two things that must differ have one code."""

    code = "product.repeated_code"
    ko = "같은 코드가 두 번 있습니다: {repeated}"
    en = "{repeated} appears twice."


class BadChoice(Invalid):
    """A variant must choose exactly one value of each option."""

    code = "product.bad_choice"
    ko = "옵션 선택이 올바르지 않습니다: {sku}"
    en = "{sku} must choose one value of each option."


class BadListPrice(Invalid):
    """An earlier price must be above the present one."""

    code = "product.bad_list_price"
    ko = "할인 전 가격은 판매가보다 높아야 합니다: {sku}"
    en = "The earlier price of {sku} must be above its price."


class SkuTaken(Conflict):
    """Another product has this SKU."""

    code = "product.sku_taken"
    ko = "다른 상품이 사용 중인 SKU입니다: {sku}"
    en = "Another product has the SKU {sku}."


class SlugTaken(Conflict):
    """Another product has, or had, this slug."""

    code = "product.slug_taken"
    ko = "다른 상품이 사용 중인 주소입니다: {slug}"
    en = "Another product has the slug {slug}."


class ProductEdited(Conflict):
    """Someone else edited the product since it was read."""

    code = "product.edited"
    ko = "다른 사람이 먼저 수정했습니다. 현재 버전은 {version}입니다."
    en = "Someone else edited this first; it is at version {version} now."


class CategoryLoop(Invalid):
    """A category cannot lie inside itself."""

    code = "category.loop"
    ko = "분류를 자신의 하위로 옮길 수 없습니다."
    en = "A category cannot lie inside itself."


def check_content(content: Content) -> None:
    """Raise the error of the first rule that `content` breaks; the field says where."""
    _require_distinct("options", "code", [option.code for option in content.options])
    _require_distinct("variants", "sku", [variant.sku for variant in content.variants])
    _require_distinct("attributes", "code", [attribute.code for attribute in content.attributes])
    for place, option in enumerate(content.options):
        _require_distinct(f"options[{place}].values", "code", [value.code for value in option.values])
    allowed = {option.code: {value.code for value in option.values} for option in content.options}
    seen: set[tuple[tuple[str, str], ...]] = set()
    for place, variant in enumerate(content.variants):
        chosen = tuple(sorted(variant.choice.items()))
        fits = variant.choice.keys() == allowed.keys() and all(value in allowed[code] for code, value in chosen)
        if not fits or chosen in seen:
            raise BadChoice(sku=variant.sku, field=f"variants[{place}].choice")
        seen.add(chosen)
        if variant.list_price is not None and variant.list_price <= variant.price:
            raise BadListPrice(sku=variant.sku, field=f"variants[{place}].list_price")


def check_parent(code: str, parent: str | None, parents: Mapping[str, str | None]) -> None:
    """Raise if `parent` is unknown or lies inside `code`; `parents` maps every category to its parent."""
    step = parent
    while step is not None:
        if step == code:
            raise CategoryLoop(field="parent")
        if step not in parents:
            raise UnknownCategory(category=step, field="parent")
        step = parents[step]


def below(code: str, parents: Mapping[str, str | None]) -> list[str]:
    """Return a category and everything inside it; `parents` maps every category to its parent."""
    inside = [code]
    for outer in inside:
        inside.extend(inner for inner, parent in parents.items() if parent == outer)
    return inside


def lineage(code: str, categories: Mapping[str, Category]) -> list[Category]:
    """Return a category and what it lies in, up to the root; nothing for an unknown one."""
    line: list[Category] = []
    step: str | None = code
    while step is not None and step in categories and categories[step] not in line:
        line.append(categories[step])
        step = categories[step].parent
    return line


def _require_distinct(field: str, name: str, codes: Iterable[str]) -> None:
    for left, right in pairwise(sorted(codes)):
        if left == right:
            raise RepeatedCode(repeated=left, field=f"{field}[].{name}")
