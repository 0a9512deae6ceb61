"""Holds what rows come to against the rest of the file and of the catalogue."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from jangteo.kit.errors import Invalid, JangteoError
from jangteo.product.domain.catalogue import SkuTaken, UnknownCategory
from jangteo.product.sheets.columns import SKU
from jangteo.product.sheets.composing import Composed, SkuRepeated, refused
from jangteo.product.sheets.reading import Line


class UnknownPicture(Invalid):
    """A product names a picture that was never uploaded."""

    code = "product.unknown_picture"
    ko = "올린 적이 없는 그림입니다: {picture}"
    en = "There is no picture {picture}."


class Surroundings(Struct, frozen=True):
    """What there is beside the rows in hand: first rows of SKUs that come again, owners of SKUs by their address."""

    repeated: Mapping[str, int]
    owners: Mapping[str, str]
    categories: Collection[str]
    pictures: Collection[str]


def checked(slug: str, lines: Sequence[Line], composed: Composed, around: Surroundings) -> Composed:
    """Return `composed`, or that it is refused."""
    if composed.content is None:
        return composed
    for line in lines:
        if (error := _sku_error(slug, line, around)) is not None:
            return refused(lines, error, line.number)
    if composed.content.category not in around.categories:
        return refused(lines, UnknownCategory(category=composed.content.category, field="category"))
    for picture in composed.content.pictures:
        if picture.name not in around.pictures:
            return refused(lines, UnknownPicture(picture=picture.name, field="pictures"))
    return composed


def _sku_error(slug: str, line: Line, around: Surroundings) -> JangteoError | None:
    sku = line.cells[SKU].strip()
    first = around.repeated.get(sku, line.number)
    if first < line.number:
        return SkuRepeated(sku=sku, row=first, field=SKU)
    return SkuTaken(sku=sku, field=SKU) if around.owners.get(sku, slug) != slug else None
