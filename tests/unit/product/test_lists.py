"""Lists of the demo shop: counts as a person would count them, pages without gaps, in the order asked for."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jangteo.product.search.facets import PRICE_BANDS, Filters
from jangteo.product.search.finder import BadCursor, Request, Sort, find

COLOURS = ("black", "navy", "white", "ivory", "beige")
CATEGORIES = ("audio", "men-clothing", "bags", "skincare", "snacks")


def choices_of(product):
    used = {(code, value) for variant in product.variants for code, value in variant.choice.items()}
    return used | {(fact.code, fact.value.code) for fact in product.attributes}


def passes(product, filters, without=""):
    mine = choices_of(product)
    price = product.lowest().price
    return all(
        (
            without == "category" or filters.categories is None or product.category in filters.categories,
            without == "brand" or not filters.brands or product.brand.code in filters.brands,
            without == "price" or filters.min_price is None or price >= filters.min_price,
            without == "price" or filters.max_price is None or price <= filters.max_price,
            not filters.in_stock or product.number % 7 != 0,
            *(
                code == without or any((code, value) in mine for value in values)
                for code, values in filters.choices.items()
            ),
        )
    )


@st.composite
def filters(draw):
    some = st.none() | st.integers(min_value=0, max_value=300_000)
    choices = {}
    if draw(st.booleans()):
        choices["colour"] = draw(st.frozensets(st.sampled_from(COLOURS), min_size=1))
    if draw(st.booleans()):
        choices["origin"] = draw(st.frozensets(st.sampled_from(["korea", "china", "vietnam"]), min_size=1))
    return Filters(
        categories=draw(st.none() | st.frozensets(st.sampled_from(CATEGORIES), min_size=1)),
        brands=draw(st.frozensets(st.sampled_from(["nurion", "bitdam", "sodam", "yiseul"]), max_size=2)),
        min_price=draw(some),
        max_price=draw(some),
        choices=choices,
        in_stock=draw(st.booleans()),
    )


@settings(max_examples=60, deadline=None)
@given(wanted=filters())
def test_counts_are_what_choosing_would_give(demo, demo_index, wanted):
    found = find(demo_index, Request(filters=wanted, facets=True, size=60))
    assert found.total == sum(passes(product, wanted) for product in demo)
    counts = found.facets
    in_categories = [product for product in demo if passes(product, wanted, "category")]
    for code in CATEGORIES:
        assert counts.categories.get(code, 0) == sum(product.category == code for product in in_categories)
    in_brands = [product for product in demo if passes(product, wanted, "brand")]
    for brand in counts.brands:
        assert brand.count == sum(product.brand.code == brand.code for product in in_brands)
    in_prices = [product.lowest().price for product in demo if passes(product, wanted, "price")]
    for (low, high), count in zip(itertools.pairwise((*PRICE_BANDS, 1 << 40)), counts.prices, strict=True):
        assert count == sum(low <= price < high for price in in_prices)
    for group in counts.groups:
        in_group = [choices_of(product) for product in demo if passes(product, wanted, group.code)]
        for value in group.values:
            assert value.count == sum((group.code, value.code) in mine for mine in in_group)


def ids_by_pages(index, size, **request):
    ids, cursor, pages = [], "", 0
    while cursor is not None:
        found = find(index, Request(cursor=cursor, size=size, **request))
        ids += found.ids
        cursor = found.next_cursor
        pages += 1
        assert pages < 400
    return ids


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("size", [7, 24, 60])
def test_pages_have_no_gaps_and_no_doubles(demo, demo_index, sort, size):
    ids = ids_by_pages(demo_index, size, sort=sort)
    assert len(ids) == len(set(ids)) == len(demo)


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        (Sort.PRICE_ASC, lambda product: (product.lowest().price, product.number)),
        (Sort.PRICE_DESC, lambda product: (-product.lowest().price, -product.number)),
        (Sort.NEWEST, lambda product: (-int(product.created_at.timestamp()), -product.number)),
        (Sort.POPULARITY, lambda product: (-product.popularity, -product.number)),
    ],
)
def test_every_order_is_total(demo, demo_index, sort, key):
    wanted = [str(product.id) for product in sorted(demo, key=key)]
    assert ids_by_pages(demo_index, 24, sort=sort) == wanted


def test_a_search_by_relevance_pages_through_all_it_found(shop, thing):
    index = shop(*(thing(number, f"세라믹 머그컵 {'특대 ' * (number % 3)}") for number in range(1, 120)))
    ids = ids_by_pages(index, 10, text="머그컵")
    assert len(ids) == len(set(ids)) == 119


def test_a_new_product_neither_repeats_nor_hides_one_of_the_next_page(shop, thing, listing):
    index = shop(*(thing(number, f"유리컵 {number}호") for number in range(1, 21)))
    first = find(index, Request(sort=Sort.NEWEST, size=10))
    index.change([listing(thing(50, "유리컵 새것"))])
    second = find(index, Request(sort=Sort.NEWEST, size=60, cursor=first.next_cursor))
    assert len(first.ids + second.ids) == len(set(first.ids + second.ids)) == 20


@pytest.mark.parametrize("cursor", ["x", "AAAA", "lKpwb3B1bGFyaXR5", "한글", "=" * 50])
def test_a_cursor_that_nobody_gave_is_refused(demo_index, cursor):
    with pytest.raises(BadCursor):
        find(demo_index, Request(cursor=cursor))


def test_a_cursor_of_another_order_is_refused(demo_index):
    cursor = find(demo_index, Request(sort=Sort.NEWEST)).next_cursor
    with pytest.raises(BadCursor):
        find(demo_index, Request(sort=Sort.PRICE_ASC, cursor=cursor))


def test_the_index_knows_the_version_and_level_of_each_product(demo, demo_index):
    marks = demo_index.marks()
    assert set(marks) == {product.id for product in demo}
    assert len(set(marks.values())) == 2
