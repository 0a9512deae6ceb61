"""What a list's address says, and what a choice of options leads to."""

import pytest

from jangteo.web.shop.cards import Named
from jangteo.web.shop.choosing import Choice
from jangteo.web.shop.options import Selection
from jangteo.web.shop.product import Option, Variant

COLOUR = Option("colour", "Colour", (Named("red", "Red"), Named("blue", "Blue")))
SIZE = Option("size", "Size", (Named("s", "S"), Named("m", "M")))


def variant(colour, size, price=1000, available=True):
    choice = {"colour": colour, "size": size}
    level = "in" if available else "out"
    sku = f"{colour}-{size}"
    return Variant(sku=sku, choice=choice, option=sku, price=price, level=level, available=available)


VARIANTS = (variant("red", "s"), variant("red", "m", price=1500), variant("blue", "s", available=False))


def test_an_address_is_read_and_written_the_same():
    asked = "brand=a&brand=b&filter=colour%3Ared&min_price=1000&max_price=2000&in_stock=1&sort=newest"
    choice = Choice.read("/categories/x", asked, "x")
    assert choice.url() == f"/categories/x?{asked}"
    assert choice.query()["category"] == "x"
    assert choice.is_narrowed


@pytest.mark.parametrize(
    "asked",
    ["sort=evil", "min_price=-5", "min_price=abc", "max_price=99999999999999", "filter=nonsense", "filter=:", "x=y"],
)
def test_what_makes_no_sense_is_passed_over(asked):
    choice = Choice.read("/search", asked)
    assert not choice.is_narrowed
    assert choice.url() == "/search"


def test_words_can_be_listed_by_what_fits_best_and_everything_cannot():
    assert Choice.read("/search", "q=coat&sort=relevance").order == "relevance"
    assert Choice.read("/search", "sort=relevance").order == "popularity"


def test_narrowing_begins_at_the_start_of_the_list():
    choice = Choice.read("/search", "brand=a&cursor=abc")
    assert choice.cursor == "abc"
    assert choice.without("brands", "a") == "/search"
    assert "cursor" not in choice.url(sort="newest")


def test_a_choice_is_whole_when_every_option_has_a_value():
    assert Selection.of((COLOUR, SIZE), VARIANTS, {"colour": "red"}).variant is None
    chosen = Selection.of((COLOUR, SIZE), VARIANTS, {"colour": "red", "size": "m"})
    assert chosen.variant.sku == "red-m"
    assert Selection.of((COLOUR, SIZE), VARIANTS, {"colour": "blue", "size": "m"}).variant is None


def test_each_value_tells_whether_it_can_be_had_with_the_rest_and_what_more_it_costs():
    selection = Selection.of((COLOUR, SIZE), VARIANTS, {"colour": "red", "size": "nonsense"})
    colours, sizes = selection.views((COLOUR, SIZE), lambda chosen: str(sorted(chosen)))
    assert (colours.chosen, sizes.chosen) == ("Red", "")
    assert [one.is_available for one in colours.choices] == [True, False]
    assert [one.more for one in sizes.choices] == [0, 500]


def test_a_product_without_options_is_chosen_already():
    only = Variant(sku="x", choice={}, option="", price=1, level="in", available=True)
    assert Selection.of((), (only,), {}).variant is only
