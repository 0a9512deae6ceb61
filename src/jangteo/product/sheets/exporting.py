"""Writes the catalogue as a sheet, some hundred products at a time: imported again, it changes nothing."""

import csv
import io
from collections.abc import AsyncIterator, Sequence

from jangteo.product.catalogue.store import Catalogue
from jangteo.product.domain.catalogue import Product
from jangteo.product.sheets.cells import guarded
from jangteo.product.sheets.columns import COLUMNS, KEY, product_cells, variant_cells

# Spreadsheets take a file without it for one in an encoding of the last century.
BYTE_ORDER_MARK = "\ufeff"


async def export(catalogue: Catalogue, tenant: str) -> AsyncIterator[bytes]:
    """Yield the CSV of all products of a shop, in any status, in the order they were made."""
    yield (BYTE_ORDER_MARK + _csv([list(COLUMNS)])).encode()
    async for products in catalogue.stretches(tenant):
        if products:
            yield _csv([row for product in products for row in rows_of(product)]).encode()


def rows_of(product: Product) -> list[list[str]]:
    """Return the rows of a product, one for each variant; what the product itself is stands in the first."""
    whole = product_cells(product)
    rows = []
    for place, variant in enumerate(product.variants):
        cells = {KEY: product.slug, **(whole if place == 0 else {}), **variant_cells(variant)}
        rows.append([guarded(cells.get(column, "")) for column in COLUMNS])
    return rows


def _csv(rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return written.getvalue()
