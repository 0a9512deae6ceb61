"""Counts beside a list of products: how many there are of each category, brand, price band, colour, size …

Within one group the chosen values are alternatives, across groups all must hold. So the counts of a group are
taken without that group's own choice: they say what choosing another value would give.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import tantivy
from msgspec import Struct
from tantivy import FieldType, Occur, Query

from jangteo.product.search.schema import SEPARATOR

PRICE_BANDS = (0, 10_000, 30_000, 50_000, 100_000, 300_000, 1_000_000)
MAX_VALUES = 50
MAX_GROUPS = 12
_MOST_LABELS = 1_000


class Filters(Struct, frozen=True, kw_only=True):
    """What a shopper has chosen. `categories` are leaves; prices in won, both ends included."""

    categories: frozenset[str] | None = None
    brands: frozenset[str] = frozenset()
    min_price: int | None = None
    max_price: int | None = None
    choices: Mapping[str, frozenset[str]] = {}
    in_stock: bool = False


class Count(Struct, frozen=True):
    """How many products have a value; `names` are (Korean, English)."""

    code: str
    names: tuple[str, str]
    count: int


class Group(Struct, frozen=True):
    """A choice group such as colour and its values, the most frequent first."""

    code: str
    names: tuple[str, str]
    values: list[Count]


class Facets(Struct, frozen=True):
    """All counts beside one list. `categories` counts leaves; `prices` one number for each of PRICE_BANDS."""

    categories: Mapping[str, int]
    brands: list[Count]
    prices: list[int]
    groups: list[Group]


def narrow(schema: tantivy.Schema, query: Query, filters: Filters, without: str = "") -> Query:
    """Return `query` held to `filters`, except the group `without`. The filters do not touch the score."""
    clauses: list[Query] = []
    if filters.categories is not None and without != "category":
        clauses.append(any_of(schema, "category", sorted(filters.categories)))
    if filters.brands and without != "brand":
        clauses.append(any_of(schema, "brand", sorted(filters.brands)))
    if (filters.min_price is not None or filters.max_price is not None) and without != "price":
        low, high = filters.min_price, filters.max_price
        clauses.append(Query.range_query(schema, "price", FieldType.Unsigned, low, high))
    if filters.in_stock:
        clauses.append(Query.term_query(schema, "in_stock", 1))
    for code, values in filters.choices.items():
        if code != without:
            clauses.append(any_of(schema, "choice", [f"{code}:{value}" for value in sorted(values)]))
    if not clauses:
        return query
    held = [(Occur.Must, Query.const_score_query(clause, 0.0)) for clause in clauses]
    return Query.boolean_query([(Occur.Must, query), *held])


def count_facets(searcher: tantivy.Searcher, schema: tantivy.Schema, query: Query, filters: Filters) -> Facets:
    """Return the counts for `query` under `filters`: one pass, and one more for each group with a choice in it."""
    chosen = set(filters.choices)
    chosen |= {"category"} if filters.categories is not None else set()
    chosen |= {"brand"} if filters.brands else set()
    chosen |= {"price"} if (filters.min_price, filters.max_price) != (None, None) else set()
    plain = [name for name in ("category", "brand_label", "price") if name.removesuffix("_label") not in chosen]
    counted = _aggregate(searcher, narrow(schema, query, filters), [*plain, "choice_label"])
    labels = [pair for pair in counted["choice_label"] if pair[0].split(SEPARATOR, 1)[0] not in chosen]
    for code in chosen:
        field = {"category": "category", "brand": "brand_label", "price": "price"}.get(code, "choice_label")
        own = _aggregate(searcher, narrow(schema, query, filters, without=code), [field])
        if field == "choice_label":
            labels += [pair for pair in own[field] if pair[0].split(SEPARATOR, 1)[0] == code]
        else:
            counted[field] = own[field]
    return Facets(
        categories=dict(counted["category"]),
        brands=_merge([(*label.split(SEPARATOR), count) for label, count in counted["brand_label"]]),
        prices=[count for _, count in counted["price"]],
        groups=_groups(labels),
    )


def any_of(schema: tantivy.Schema, field: str, values: Sequence[str]) -> Query:
    """Return what finds any of `values`. For a handful, alternatives are four times as fast as a set of terms."""
    terms = [Query.term_query(schema, field, value, index_option="basic") for value in values]
    return terms[0] if len(terms) == 1 else Query.boolean_query([(Occur.Should, term) for term in terms])


def _aggregate(searcher: tantivy.Searcher, query: Query, fields: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    # The first band has no lower end: with one, the engine would add another band below it.
    bands = [{"to": PRICE_BANDS[1]}]
    bands += [{"from": low, "to": high} for low, high in pairwise(PRICE_BANDS[1:])]
    bands.append({"from": PRICE_BANDS[-1]})
    asked: dict[str, Any] = {
        field: {"range": {"field": "price", "ranges": bands}}
        if field == "price"
        else {"terms": {"field": field, "size": _MOST_LABELS}}
        for field in fields
    }
    answer = searcher.aggregate(query, asked)
    return {field: _counts(field, answer[field]["buckets"]) for field in fields}


def _counts(field: str, buckets: Sequence[Any]) -> list[tuple[str, int]]:
    if field != "price":
        return [(bucket["key"], int(bucket["doc_count"])) for bucket in buckets]
    # An index without products has no bands at all.
    found = {int(bucket.get("from", 0)): int(bucket["doc_count"]) for bucket in buckets}
    return [(str(low), found.get(low, 0)) for low in PRICE_BANDS]


def _merge(rows: Sequence[Sequence[Any]]) -> list[Count]:
    """Sum the counts of one code; the most frequent spelling gives the names."""
    counts: dict[str, Count] = {}
    for code, ko, en, count in rows:
        known = counts.get(code)
        counts[code] = Count(code, known.names if known else (ko, en), count + (known.count if known else 0))
    return sorted(counts.values(), key=lambda value: (-value.count, value.code))[:MAX_VALUES]


def _groups(labels: Sequence[tuple[str, int]]) -> list[Group]:
    rows: dict[str, list[tuple[str, str, str, int]]] = {}
    names: dict[str, tuple[str, str]] = {}
    for label, count in labels:
        code, value, ko, en, value_ko, value_en = label.split(SEPARATOR)
        rows.setdefault(code, []).append((value, value_ko, value_en, count))
        names.setdefault(code, (ko, en))
    groups = [Group(code, names[code], _merge(values)) for code, values in rows.items()]
    groups.sort(key=lambda group: (-sum(value.count for value in group.values), group.code))
    return groups[:MAX_GROUPS]
