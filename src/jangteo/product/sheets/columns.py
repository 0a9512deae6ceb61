"""The columns of the sheet: those of a product stand in one of its rows at least, those of a variant in every row."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jangteo.product.domain.catalogue import Label, Product, Variant
from jangteo.product.sheets.cells import CellUnreadable, joined, plain, split, texts

_SEOUL = ZoneInfo("Asia/Seoul")
KEY, SKU, OPENING = "product", "sku", "opening_stock"
_BRAND = "acme|아크메|Acme"
_TAGS = "신상품; 선물"
_PICTURES = "0123abcd.webp|앞모습|Front; 4567cdef.webp|뒷모습"
_OPTIONS = "colour|색상|Colour: black|블랙|Black, white|화이트|White; size|사이즈|Size: s|S, m|M"
_ATTRIBUTES = "origin|원산지|Origin: kr|대한민국|Korea"
_CHOICE = "colour: black; size: m"
_YES, _NO = ("true", "1", "yes", "y", "예"), ("false", "0", "no", "n", "아니요", "")
_DEFAULTS = {"max_per_order": 99, "weight_grams": 0, "list_price": None, OPENING: None}

Reader = Callable[[str], Any]


def _number(column: str) -> Reader:
    def read(cell: str) -> Any:
        digits = cell.strip().replace(",", "")
        if not digits and column in _DEFAULTS:
            return _DEFAULTS[column]
        if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
            raise CellUnreadable(field=column, example="39000")
        return int(digits)

    return read


def _yes_or_no(cell: str) -> bool:
    word = cell.strip().lower()
    if word not in (*_YES, *_NO):
        raise CellUnreadable(field="tax_free", example="true")
    return word in _YES


def _moment(cell: str) -> datetime | None:
    try:
        given = datetime.fromisoformat(cell.strip()) if cell.strip() else None
    except ValueError:
        raise CellUnreadable(field="publish_at", example="2026-12-01 09:00") from None
    # Whoever writes no zone means the shop's.
    return given.replace(tzinfo=_SEOUL) if given and given.tzinfo is None else given


def _label(part: str, column: str, example: str) -> dict[str, str]:
    code, ko, en = texts(part, 2, 3, column, example)
    return {"code": code, "ko": ko, "en": en}


def _named(part: str, column: str, example: str) -> tuple[dict[str, Any], str]:
    """Return code and name of an option or attribute, and what stands behind its colon."""
    halves = split(part, ":")
    if len(halves) != 2:
        raise CellUnreadable(field=column, example=example)
    label = _label(halves[0], column, example)
    return {"code": label["code"], "name": {"ko": label["ko"], "en": label["en"]}}, halves[1]


def _options(cell: str) -> list[Any]:
    found = [_named(part, "options", _OPTIONS) for part in split(cell, ";")]
    return [
        {**option, "values": [_label(value, "options", _OPTIONS) for value in split(values, ",")]}
        for option, values in found
    ]


def _attributes(cell: str) -> list[Any]:
    found = [_named(part, "attributes", _ATTRIBUTES) for part in split(cell, ";")]
    return [{**fact, "value": _label(value, "attributes", _ATTRIBUTES)} for fact, value in found]


def _pictures(cell: str) -> list[Any]:
    rows = [texts(part, 2, 3, "pictures", _PICTURES) for part in split(cell, ";")]
    return [{"name": name, "alt": {"ko": ko, "en": en}} for name, ko, en in rows]


def _choice(cell: str) -> dict[str, str]:
    pairs = [[plain(half) for half in split(part, ":")] for part in split(cell, ";")]
    if any(len(pair) != 2 for pair in pairs) or len({pair[0] for pair in pairs}) < len(pairs):
        raise CellUnreadable(field="choice", example=_CHOICE)
    return {pair[0]: pair[1] for pair in pairs}


# How each cell is read; those that are not named here hold a text as it is.
OF_PRODUCT: Mapping[str, Reader] = {
    "status": lambda cell: cell.strip() or "draft",
    "publish_at": _moment,
    "category": str.strip,
    "name_ko": str,
    "name_en": str,
    "brand": lambda cell: _label(cell, "brand", _BRAND) if cell.strip() else None,
    "description_ko": str,
    "description_en": str,
    "tags": lambda cell: [plain(part) for part in split(cell, ";")],
    "tax_free": _yes_or_no,
    "max_per_order": _number("max_per_order"),
    "pictures": _pictures,
    "options": _options,
    "attributes": _attributes,
}
OF_VARIANT: Mapping[str, Reader] = {
    SKU: str.strip,
    "choice": _choice,
    "price": _number("price"),
    "list_price": _number("list_price"),
    "weight_grams": _number("weight_grams"),
    OPENING: _number(OPENING),
}
COLUMNS = (KEY, *OF_PRODUCT, *OF_VARIANT)


def product_cells(product: Product) -> dict[str, str]:
    """Return the cells of what a product is, without its variants."""
    return {
        "status": product.status.value,
        "publish_at": product.publish_at.isoformat() if product.publish_at else "",
        "category": product.category,
        "name_ko": product.name.ko,
        "name_en": product.name.en,
        "brand": _written(product.brand) if product.brand else "",
        "description_ko": product.description.ko,
        "description_en": product.description.en,
        "tags": "; ".join(joined([tag]) for tag in product.tags),
        "tax_free": "true" if product.tax_free else "false",
        "max_per_order": str(product.max_per_order),
        "pictures": "; ".join(joined((one.name, one.alt.ko, one.alt.en)) for one in product.pictures),
        "options": "; ".join(
            f"{joined((option.code, option.name.ko, option.name.en))}: {', '.join(map(_written, option.values))}"
            for option in product.options
        ),
        "attributes": "; ".join(
            f"{joined((fact.code, fact.name.ko, fact.name.en))}: {_written(fact.value)}" for fact in product.attributes
        ),
    }


def variant_cells(variant: Variant) -> dict[str, str]:
    """Return the cells of a variant. Its stock is none of the sheet's: who imports it later would undo sales."""
    return {
        SKU: variant.sku,
        "choice": "; ".join(f"{code}: {value}" for code, value in variant.choice.items()),
        "price": str(variant.price),
        "list_price": "" if variant.list_price is None else str(variant.list_price),
        "weight_grams": str(variant.weight_grams),
        OPENING: "",
    }


def column_of(path: str) -> tuple[str, int | None]:
    """Return the column that a field of the product such as `variants[2].price` stands in, and which variant's."""
    name, _, rest = path.partition(".")
    name, _, place = name.partition("[")
    if name == "variants":
        column = rest.partition(".")[0].partition("[")[0]
        return (column if column in OF_VARIANT else SKU), int(place.rstrip("]")) if place.rstrip("]") else None
    if name in ("name", "description"):
        return f"{name}_{rest or 'ko'}", None
    return (KEY if name == "slug" else name), None


def _written(label: Label) -> str:
    return joined((label.code, label.ko, label.en))
