"""What a list of products was narrowed down to: read from its address, and written into the addresses beside it."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

SORTS = ("popularity", "newest", "price_asc", "price_desc")
BY_WORDS = "relevance"
_MOST = 30
_LONGEST = 130


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is the page; `filters` are `code:value` pairs of options and attributes."""

    path: str
    q: str = ""
    category: str = ""
    brands: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    min_price: int | None = None
    max_price: int | None = None
    in_stock: bool = False
    sort: str = ""
    cursor: str = ""

    @classmethod
    def read(cls, path: str, query: str, category: str = "") -> "Choice":
        """Read an address; what makes no sense in it is passed over, for it may have been typed."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, max_num_fields=200):
            found.setdefault(name, []).append(value.strip()[:_LONGEST])
        last = {name: values[-1] for name, values in found.items()}
        words = last.get("q", "")[:100]
        sorts = (*SORTS, BY_WORDS) if words else SORTS
        return cls(
            path=path,
            q=words,
            category=category or last.get("category", ""),
            brands=tuple(dict.fromkeys(found.get("brand", ())))[:_MOST],
            filters=tuple(one for one in dict.fromkeys(found.get("filter", ())) if _is_pair(one))[:_MOST],
            min_price=_won(last.get("min_price", "")),
            max_price=_won(last.get("max_price", "")),
            in_stock=last.get("in_stock", "") in ("1", "true", "on"),
            sort=last.get("sort", "") if last.get("sort", "") in sorts else "",
            cursor=last.get("cursor", ""),
        )

    @property
    def order(self) -> str:
        """Return in which order is listed."""
        return self.sort or (BY_WORDS if self.q else SORTS[0])

    @property
    def orders(self) -> tuple[str, ...]:
        """Return in which orders could be listed."""
        return (BY_WORDS, *SORTS) if self.q else SORTS

    @property
    def is_narrowed(self) -> bool:
        """Return whether anything but the words or the page's own category narrows the list."""
        return bool(self.brands or self.filters or self.in_stock or self.min_price or self.max_price)

    def query(self) -> dict[str, Any]:
        """Return what the mall is asked."""
        return {
            "q": self.q,
            "category": self.category,
            "brand": self.brands,
            "filter": self.filters,
            "min_price": self.min_price,
            "max_price": self.max_price,
            "in_stock": self.in_stock or None,
            "sort": self.order,
            "cursor": self.cursor,
        }

    def url(self, **changes: Any) -> str:
        """Return the address of the list with some of it changed; it begins at its start unless a cursor is named."""
        other = msgspec.structs.replace(self, **{"cursor": "", **changes})
        parts: list[tuple[str, object]] = [("q", other.q)]
        if "/categories/" not in self.path:
            parts.append(("category", other.category))
        parts += [("brand", one) for one in other.brands]
        parts += [("filter", one) for one in other.filters]
        parts += [("min_price", other.min_price), ("max_price", other.max_price)]
        parts += [("in_stock", "1" if other.in_stock else ""), ("sort", other.sort), ("cursor", other.cursor)]
        said = [(name, value) for name, value in parts if value not in (None, "")]
        return f"{self.path}?{urlencode(said)}" if said else self.path

    def without(self, name: str, value: str) -> str:
        """Return the address of the list with one brand or filter less."""
        return self.url(**{name: tuple(one for one in getattr(self, name) if one != value)})


def _is_pair(text: str) -> bool:
    code, _, value = text.partition(":")
    return bool(code and value)


def _won(text: str) -> int | None:
    digits = text.replace(",", "")
    return min(int(digits), 1_000_000_000) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None
