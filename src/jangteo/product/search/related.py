"""What goes with a product: its shelf first, then what has its facts and its brand, the popular before the rest."""

from collections.abc import Collection
from typing import Any

from tantivy import Occur, Query

from jangteo.product.domain.catalogue import Product
from jangteo.product.search.facets import any_of
from jangteo.product.search.index import ProductIndex

_SAME_CATEGORY, _SAME_BRAND, _SAME_CHOICE = 3.0, 1.0, 0.5
_MOST_CHOICES = 40


def find_related(index: ProductIndex, product: Product, around: Collection[str], size: int) -> list[str]:
    """Return at most `size` ids of products in the categories `around` that are most like `product`."""
    schema = index.schema
    choices = {f"{fact.code}:{fact.value.code}" for fact in product.attributes}
    choices |= {f"{code}:{value}" for variant in product.variants for code, value in variant.choice.items()}
    alike = [(_term(index, "category", product.category), _SAME_CATEGORY)]
    alike += [(_term(index, "choice", choice), _SAME_CHOICE) for choice in sorted(choices)[:_MOST_CHOICES]]
    if product.brand:
        alike.append((_term(index, "brand", product.brand.code), _SAME_BRAND))
    nearby = Query.const_score_query(any_of(schema, "category", sorted(around)), 0.1)
    query = Query.boolean_query(
        [
            (Occur.Must, nearby),
            *((Occur.Should, Query.const_score_query(term, weight)) for term, weight in alike),
            (Occur.MustNot, _term(index, "id", str(product.id))),
        ]
    )
    found: Any = index.searcher.search(query, size, count=False, weight_by_field="rank")
    numbers = index.searcher.fast_field_values("number", [address for _, address in found.hits])
    return [index.id_of(int(number or 0), hit[1]) for number, hit in zip(numbers, found.hits, strict=True)]


def _term(index: ProductIndex, field: str, value: str) -> Query:
    return Query.term_query(index.schema, field, value, index_option="basic")
