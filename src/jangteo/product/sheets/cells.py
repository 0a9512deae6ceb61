r"""How a product is written into the cells of a sheet: every cell can be read by people, and back without loss.

    colour|색상|Colour: black|블랙|Black, white|화이트|White; size|사이즈|Size: s|S, m|M
    code  |ko |en    : what there is to choose                ; the next one

A `\` before one of `\ | : , ;`, or before a space at an end, takes it as it is.
"""

import re
from collections.abc import Iterable

from jangteo.kit.errors import Invalid

_SPECIAL = re.compile(r"[\\|:,;]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# A spreadsheet takes a cell that begins so for a formula; a ' in front of it says that it is text.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


class CellUnreadable(Invalid):
    """A cell is not written as its column wants it."""

    code = "import.cell_unreadable"
    ko = "이 열의 형식이 아닙니다. 예: {example}"
    en = "This is not how the column is written. Example: {example}"


def guarded(text: str) -> str:
    """Return `text` as it stands in a cell: never the beginning of a formula."""
    return f"'{text}" if text.startswith(_FORMULA) or _is_guarded(text) else text


def unguarded(cell: str) -> str:
    """Return the text that `guarded` made a cell of."""
    return cell[1:] if _is_guarded(cell) else cell


def escaped(text: str) -> str:
    """Return `text` so that it holds no sign that means something, and no space at an end that would be trimmed."""
    safe = _SPECIAL.sub(lambda found: "\\" + found[0], text)
    if text.endswith(" ") and len(text) > 1:
        safe = f"{safe[:-1]}\\ "
    return f"\\{safe}" if text.startswith(" ") else safe


def joined(parts: Iterable[str], separator: str = "|") -> str:
    """Return texts as one cell or part of one; empty ones at the end are left out."""
    texts = [escaped(part) for part in parts]
    while texts and not texts[-1]:
        texts.pop()
    return separator.join(texts)


def split(text: str, separator: str) -> list[str]:
    """Return the parts of `text` between separators that no `\\` protects; none for a text of nothing but spaces."""
    if not text.strip(" "):
        return []
    parts, start, place = [], 0, 0
    while place < len(text):
        if text[place] == "\\":
            place += 1
        elif text[place] == separator:
            parts.append(text[start:place])
            start = place + 1
        place += 1
    return [*parts, text[start:]]


def plain(text: str) -> str:
    """Return the text that `escaped` was given."""
    trimmed = text.lstrip(" ")
    bare = trimmed.rstrip(" ")
    if len(bare) < len(trimmed) and (len(bare) - len(bare.rstrip("\\"))) % 2:
        bare += " "
    return _ESCAPED.sub(r"\1", bare)


def texts(part: str, least: int, most: int, column: str, example: str) -> list[str]:
    """Return the texts of a part like `code|ko|en`, filled up to `most`. Raises CellUnreadable unless they fit."""
    found = [plain(text) for text in split(part, "|")]
    if not least <= len(found) <= most:
        raise CellUnreadable(field=column, example=example)
    return found + [""] * (most - len(found))


def _is_guarded(text: str) -> bool:
    return len(text) > 1 and text[0] == "'" and text[1] in (*_FORMULA, "'")
