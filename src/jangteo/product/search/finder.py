"""Finds a page of products: the text read in the ways that `reading` knows, held to filters, sorted, paged."""

import base64
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct
from tantivy import FieldType, Occur, Order, Query

from jangteo.kit.errors import Invalid
from jangteo.product.search.facets import Facets, Filters, count_facets, narrow
from jangteo.product.search.index import ProductIndex
from jangteo.product.search.reading import How, Reading, readings
from jangteo.product.search.schema import NUMBER_BITS

MAX_SIZE = 60
_NUMBER = (1 << NUMBER_BITS) - 1
MAX_DEPTH = 2_000  # by relevance; the other orders page without end


class Sort(StrEnum):
    """In which order products are listed."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    POPULARITY = "popularity"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"


_FIELDS = {
    Sort.NEWEST: ("by_newest", Order.Desc),
    Sort.POPULARITY: ("by_popularity", Order.Desc),
    Sort.PRICE_ASC: ("by_price", Order.Asc),
    Sort.PRICE_DESC: ("by_price", Order.Desc),
}


class BadCursor(Invalid):
    """The cursor was not made by this list."""

    code = "page.bad_cursor"
    ko = "페이지 커서가 올바르지 않습니다."
    en = "The cursor is not one of this list."


class Request(Struct, frozen=True, kw_only=True):
    """What to find; without `text` everything that the filters let through."""

    text: str = ""
    filters: Filters = Filters()
    sort: Sort = Sort.RELEVANCE
    cursor: str = ""
    size: int = 24
    facets: bool = False


class Found(Struct, frozen=True, kw_only=True):
    """A page of product ids. `text` is what was looked for instead of what was typed."""

    ids: list[str]
    total: int
    next_cursor: str | None
    how: How = How.EXACT
    text: str = ""
    facets: Facets | None = None


class _Place(Struct, frozen=True, array_like=True):
    """Where a page ended: the sort key of its last product, or its score, number and how many came before."""

    sort: Sort
    key: int = 0
    score: float = 0.0
    seen: int = 0


def find(index: ProductIndex, request: Request) -> Found:
    """Return the page. Raises BadCursor. Takes well under a millisecond with 10,000 products."""
    place = _open_cursor(request)
    reading = _read(index, request)
    held = narrow(index.schema, reading.query, request.filters)
    if request.sort is Sort.RELEVANCE and request.text:
        ids, next_place, total = _by_relevance(index, held, request.size, place)
    else:
        ids, next_place, total = _by_key(index, held, request, place)
    return Found(
        ids=ids,
        total=total,
        next_cursor=_seal(next_place) if next_place else None,
        how=reading.how if total else How.NOTHING,
        text=reading.text,
        facets=count_facets(index.searcher, index.schema, reading.query, request.filters) if request.facets else None,
    )


def _read(index: ProductIndex, request: Request) -> Reading:
    """Return the first reading that finds something in the whole shop."""
    if not request.text:
        return Reading(How.EXACT, Query.all_query())
    known: Reading | None = index.read.get(request.text)
    if known is None:
        for known in readings(index, request.text):
            if index.searcher.search(known.query, 1, count=False).hits:
                break
        known = known or Reading(How.NOTHING, Query.empty_query())
        index.read.put(request.text, known)
    return known


def _by_key(
    index: ProductIndex, query: Query, request: Request, place: _Place | None
) -> tuple[list[str], _Place | None, int]:
    sort = Sort.POPULARITY if request.sort is Sort.RELEVANCE else request.sort
    field, order = _FIELDS[sort]
    page = query
    if place:
        low, high = (None, place.key - 1) if order is Order.Desc else (place.key + 1, None)
        rest = Query.range_query(index.schema, field, FieldType.Unsigned, low, high)
        page = Query.boolean_query([(Occur.Must, query), (Occur.Must, rest)])
    found: Any = index.searcher.search(page, request.size + 1, order_by_field=field, order=order)
    hits = found.hits[: request.size]
    ids = [index.id_of(key & _NUMBER, address) for key, address in hits]
    more = _Place(request.sort, key=int(hits[-1][0])) if len(found.hits) > request.size else None
    return ids, more, int(found.count) if place is None else _count(index, query)


def _by_relevance(
    index: ProductIndex, query: Query, size: int, place: _Place | None
) -> tuple[list[str], _Place | None, int]:
    """Sort by score, then number. The engine breaks ties by its own order, so a tie at the edge is fetched whole."""
    seen = place.seen if place else 0
    limit = seen + size + 1
    while True:
        found: Any = index.searcher.search(query, limit, weight_by_field="rank")
        hits = found.hits
        if len(hits) < limit or hits[-1][0] < hits[seen + size - 1][0] or limit >= 2 * MAX_DEPTH:
            break
        limit *= 2
    numbers = index.searcher.fast_field_values("number", [address for _, address in hits])
    ranked = sorted(
        (-float(score), int(number or 0), address) for (score, address), number in zip(hits, numbers, strict=True)
    )
    rest = [row for row in ranked if place is None or row[:2] > (-place.score, place.key)]
    ids = [index.id_of(number, address) for _, number, address in rest[:size]]
    if len(rest) <= size or seen + size >= MAX_DEPTH:
        return ids, None, int(found.count)
    score, number, _ = rest[size - 1]
    return ids, _Place(Sort.RELEVANCE, key=number, score=-score, seen=seen + size), int(found.count)


def _count(index: ProductIndex, query: Query) -> int:
    found: Any = index.searcher.search(query, 1)
    return int(found.count)


def _seal(place: _Place) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(place)).rstrip(b"=").decode()


def _open_cursor(request: Request) -> _Place | None:
    if not request.cursor:
        return None
    try:
        padded = request.cursor + "=" * (-len(request.cursor) % 4)
        place = msgspec.msgpack.decode(base64.urlsafe_b64decode(padded), type=_Place)
    except (ValueError, msgspec.MsgspecError):
        raise BadCursor(field="cursor") from None
    if place.sort is not request.sort or not 0 < place.key < 1 << 62 or not 0 <= place.seen <= MAX_DEPTH:
        raise BadCursor(field="cursor")
    return place
