"""The demo shop: plausible, sound by the shop's own rules, the same every time, and as large as wanted."""

import itertools
import xml.etree.ElementTree as ElementTree

from jangteo.product.demo.generator import DEMO_COUNT, generate, make_categories
from jangteo.product.demo.pictures import PALETTES, _shapes, draw
from jangteo.product.domain.catalogue import check_content


def test_there_are_twelve_departments_with_two_to_four_parts_each():
    categories = make_categories()
    tops = [category for category in categories if category.parent is None]
    assert len(tops) == 12
    for top in tops:
        assert 2 <= sum(category.parent == top.code for category in categories) <= 4
        assert top.name.ko
        assert top.name.en


def test_every_product_is_sound_and_has_a_name_of_its_own():
    made = list(generate(DEMO_COUNT))
    codes = {category.code for category in make_categories()}
    for one in made:
        check_content(one.product)
        assert one.product.category in codes
        assert one.product.description.ko
        assert one.product.description.en
        assert {variant.sku for variant in one.product.variants} == set(one.stock)
    assert len({one.product.name.ko for one in made}) == len(made) >= 300
    assert len({one.product.name.en for one in made}) == len(made)
    assert len({sku for one in made for sku in one.stock}) == sum(len(one.stock) for one in made)


def test_a_longer_catalogue_begins_with_the_shorter_one_and_is_the_same_every_time():
    short, long = list(generate(150)), list(generate(400))
    assert [one.product for one in short] == [one.product for one in long[:150]]
    assert len({one.product.slug for one in long}) == 400


def test_two_shops_have_products_of_their_own():
    here, there = (next(iter(generate(1, shop=shop))).product for shop in ("demo", "other"))
    assert here.id != there.id


def test_some_things_are_on_sale_low_or_sold_out():
    made = list(generate(DEMO_COUNT))
    assert 0.2 < sum(one.product.lowest().list_price is not None for one in made) / len(made) < 0.6
    stock = list(itertools.chain.from_iterable(one.stock.values() for one in made))
    assert 0 < stock.count(0) < len(stock) * 0.1


def test_prices_end_as_prices_do():
    for one in generate(DEMO_COUNT):
        assert all(variant.price % 1000 in (0, 900) for variant in one.product.variants)


def test_every_shape_is_drawn_small_and_well_formed_without_scripts():
    for shape in _shapes():
        for department in PALETTES:
            drawing = draw(shape, department, "navy", turned=True)
            assert len(drawing.content) < 3_000
            root = ElementTree.fromstring(drawing.content)
            assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
                *("svg", "defs", "linearGradient", "radialGradient", "stop"),
                *("g", "path", "rect", "ellipse", "circle"),
            }


def test_a_picture_is_named_by_its_content():
    assert draw("mug", "kitchen").name == draw("mug", "kitchen").name
    assert draw("mug", "kitchen").name != draw("mug", "kitchen", "navy").name
