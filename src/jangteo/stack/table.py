"""Plain tables for the terminal."""

from collections.abc import Sequence

_MEBIBYTE = 1024 * 1024


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under their head, each column as wide as its widest cell."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )


def megabytes(size: int) -> str:
    """Return a number of bytes in MiB."""
    return f"{size / _MEBIBYTE:.0f} MB"
