"""Makes products of rows: what a column says replaces what was there, what has no column stays as it is.

Pure: what is in the catalogue is an argument. A SKU that is in the catalogue but not in the sheet stays.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from jangteo.kit.errors import Invalid, JangteoError
from jangteo.kit.http.problems import FieldMissing, validation_error
from jangteo.product.domain.catalogue import Content, Product, check_content
from jangteo.product.domain.publishing import publish_time
from jangteo.product.domain.stock import MAX_QUANTITY
from jangteo.product.sheets.cells import CellUnreadable
from jangteo.product.sheets.columns import KEY, OF_PRODUCT, OF_VARIANT, OPENING, SKU, column_of
from jangteo.product.sheets.reading import Line


class CellsDiffer(Invalid):
    """Two rows of one product say different things about it."""

    code = "import.cells_differ"
    ko = "같은 상품의 다른 행({row}행)과 값이 다릅니다."
    en = "Row {row} of the same product says something else."


class SkuRepeated(Invalid):
    """A SKU stands in two rows of the file."""

    code = "import.sku_repeated"
    ko = "같은 SKU가 {row}행에도 있습니다: {sku}"
    en = "{sku} is in row {row}, too."


class HeldBack(Invalid):
    """The row is right, but another one of its product is not, and a product is written whole or not at all."""

    code = "import.held_back"
    ko = "같은 상품의 {row}행에 오류가 있어 반영하지 않았습니다."
    en = "Not applied, because row {row} of the same product is wrong."


class Fault(Struct, frozen=True):
    """What is wrong in which row, in the column that its error names."""

    row: int
    error: JangteoError


class Composed(Struct, frozen=True):
    """What the rows of a product come to: `content`, or `faults`. `opening` is what there is of new SKUs."""

    content: Content | None
    opening: Mapping[str, int]
    faults: Sequence[Fault]


def compose(slug: str, lines: Sequence[Line], before: Product | None) -> Composed:
    """Return what is to be written at `slug`, which is `before` now."""
    faults: list[Fault] = []
    whole = _product_values(lines, faults)
    rows = [_variant_values(line, faults) for line in lines]
    opening = {str(row[SKU]): quantity for row in rows if (quantity := row.pop(OPENING, None))}
    if faults:
        return Composed(None, {}, _with_the_rest(lines, faults))
    known: dict[str, Any] = {} if before is None else _known(before)
    variants = {variant["sku"]: variant for variant in known.get("variants", ())}
    for row in rows:
        variants[row[SKU]] = {**variants.get(row[SKU], {}), **row}
    places = {sku: place for place, sku in enumerate(variants)}
    wanted = {**known, **_nested(known, whole), "slug": slug, "variants": list(variants.values())}
    try:
        content = msgspec.convert(wanted, Content)
        content = msgspec.structs.replace(content, publish_at=publish_time(content.publish_at, content.status))
        check_content(content)
    except msgspec.ValidationError as error:
        return Composed(None, {}, _placed(validation_error(error), lines, places))
    except JangteoError as error:
        return Composed(None, {}, _placed(error, lines, places))
    return Composed(content, opening, ())


def refused(lines: Sequence[Line], error: JangteoError, row: int | None = None) -> Composed:
    """Return that the rows of a product are not applied because of `error` in `row`, else in the first of them."""
    error.field, _ = column_of(error.field)
    return Composed(None, {}, _with_the_rest(lines, [Fault(row or lines[0].number, error)]))


def _product_values(lines: Sequence[Line], faults: list[Fault]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column, read in OF_PRODUCT.items():
        if column not in lines[0].cells:
            continue
        given = [line for line in lines if line.cells[column].strip()]
        first = given[0] if given else lines[0]
        faults += [
            Fault(line.number, CellsDiffer(row=first.number, field=column))
            for line in given
            if line.cells[column] != first.cells[column]
        ]
        try:
            values[column] = read(first.cells[column])
        except CellUnreadable as error:
            faults.append(Fault(first.number, error))
    return values


def _variant_values(line: Line, faults: list[Fault]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for column, read in OF_VARIANT.items():
        if column not in line.cells:
            continue
        try:
            values[column] = read(line.cells[column])
        except CellUnreadable as error:
            faults.append(Fault(line.number, error))
    if not values.get(SKU):
        faults.append(Fault(line.number, FieldMissing(field=SKU)))
    if (values.get(OPENING) or 0) > MAX_QUANTITY:
        faults.append(Fault(line.number, CellUnreadable(field=OPENING, example=str(MAX_QUANTITY))))
    return values


def _known(before: Product) -> dict[str, Any]:
    known: dict[str, Any] = msgspec.to_builtins(before)
    return {name: known[name] for name in Content.__struct_fields__}


def _nested(known: Mapping[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Return the values of columns as fields of the product: its two texts have a column for each language."""
    nested = dict(whole)
    for field in ("name", "description"):
        said = dict(known.get(field, {}))
        for language in ("ko", "en"):
            if (text := nested.pop(f"{field}_{language}", None)) is not None:
                said[language] = text
        nested[field] = said
    return nested


def _placed(error: JangteoError, lines: Sequence[Line], places: Mapping[str, int]) -> Sequence[Fault]:
    """Return the fault of the row and column that the error's field stands in."""
    column, place = column_of(error.field)
    error.field = column
    row = next((line.number for line in lines if places.get(line.cells[SKU].strip()) == place), lines[0].number)
    return _with_the_rest(lines, [Fault(row, error)])


def _with_the_rest(lines: Sequence[Line], faults: Sequence[Fault]) -> Sequence[Fault]:
    wrong = {fault.row for fault in faults}
    first = min(wrong)
    rest = [Fault(line.number, HeldBack(row=first, field=KEY)) for line in lines if line.number not in wrong]
    return [*faults, *rest]
