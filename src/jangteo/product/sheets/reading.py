"""Reads an uploaded sheet: whatever a spreadsheet made of it, into rows of known columns; nothing is understood yet."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from jangteo.kit.errors import Invalid
from jangteo.product.sheets.cells import unguarded
from jangteo.product.sheets.columns import COLUMNS, KEY, SKU

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 50_000
MAX_CELL = 100_000


class SheetUnreadable(Invalid):
    """The file is no CSV in UTF-8 or in the encoding of Korean spreadsheets."""

    code = "import.unreadable"
    ko = "CSV 파일을 읽을 수 없습니다. {line}번째 줄을 확인하고 UTF-8 또는 CP949로 저장해 주세요."
    en = "This is no CSV that can be read: look at line {line}, and save it as UTF-8 (or CP949)."


class ColumnMissing(Invalid):
    """A column is missing without which no row can be understood."""

    code = "import.column_missing"
    ko = "열이 없습니다: {column}"
    en = "The column {column} is missing."


class ColumnUnknown(Invalid):
    """A column of the file has a name that no column has, or one that another has already."""

    code = "import.column_unknown"
    ko = "알 수 없거나 중복된 열입니다: {column}. 사용할 수 있는 열: {columns}"
    en = "The column {column} is unknown or there twice. There are: {columns}"


class SheetEmpty(Invalid):
    """The file has no row below its heading."""

    code = "import.empty"
    ko = "등록할 행이 없습니다."
    en = "There are no rows."


class SheetTooLong(Invalid):
    """The file has more rows than one import takes."""

    code = "import.too_long"
    ko = "한 번에 {limit}행까지 등록할 수 있습니다."
    en = "One import takes at most {limit} rows."


class Line(Struct, frozen=True):
    """A row of the file: `number` counts as a spreadsheet does, the heading being the first."""

    number: int
    cells: dict[str, str]


def read_sheet(content: bytes) -> list[Line]:
    """Return the rows that are not empty. Raises Invalid of what makes the file as a whole useless."""
    text = _decoded(content)
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    with _translated(0):
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        columns = [unguarded(cell).strip().lower() for cell in next(rows, [])]
    _check_columns(columns)
    lines: list[Line] = []
    number = 1
    while True:
        number += 1
        with _translated(number):
            row = next(rows, None)
        if row is None:
            break
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(columns) and any(row[len(columns) :]):
            raise SheetUnreadable(line=number, field="body")
        cells = dict(zip(columns, (unguarded(cell) for cell in row), strict=False))
        lines.append(Line(number, {column: cells.get(column, "") for column in columns if column}))
        if len(lines) > MAX_ROWS:
            raise SheetTooLong(limit=MAX_ROWS, field="body")
    if not lines:
        raise SheetEmpty(field="body")
    return lines


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetUnreadable(line=1, field="body")


def _check_columns(columns: Sequence[str]) -> None:
    named = [column for column in columns if column]
    for place, column in enumerate(named):
        if column not in COLUMNS or column in named[:place]:
            raise ColumnUnknown(column=column[:60], columns=", ".join(COLUMNS), field="body")
    for column in (KEY, SKU):
        if column not in named:
            raise ColumnMissing(column=column, field="body")


@contextmanager
def _translated(line: int) -> Iterator[None]:
    try:
        yield
    except csv.Error:
        raise SheetUnreadable(line=line or 1, field="body") from None
