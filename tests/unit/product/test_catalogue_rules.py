"""What a product must be, whoever writes it."""

import msgspec
import pytest

from jangteo.product.domain.catalogue import (
    BadChoice,
    BadListPrice,
    Category,
    CategoryLoop,
    Content,
    Label,
    Option,
    RepeatedCode,
    Text,
    UnknownCategory,
    Variant,
    below,
    check_content,
    check_parent,
    lineage,
)

COLOUR = Option(
    code="colour",
    name=Text(ko="색상", en="Colour"),
    values=[Label(code="black", ko="블랙", en="Black"), Label(code="white", ko="화이트", en="White")],
)


def content(**changed):
    given = {
        "slug": "shirt",
        "name": Text(ko="셔츠"),
        "category": "men",
        "options": [COLOUR],
        "variants": [
            Variant(sku="S-B", choice={"colour": "black"}, price=10_000),
            Variant(sku="S-W", choice={"colour": "white"}, price=10_000, list_price=12_000),
        ],
    }
    return Content(**given | changed)


def test_a_sound_product_passes():
    check_content(content())
    check_content(content(options=[], variants=[Variant(sku="ONE", price=0)]))


@pytest.mark.parametrize(
    ("variants", "error", "field"),
    [
        ([Variant(sku="A", choice={}, price=1)], BadChoice, "variants[0].choice"),
        ([Variant(sku="A", choice={"colour": "red"}, price=1)], BadChoice, "variants[0].choice"),
        ([Variant(sku="A", choice={"colour": "black", "size": "l"}, price=1)], BadChoice, "variants[0].choice"),
        (
            [Variant(sku=sku, choice={"colour": "black"}, price=1) for sku in "AB"],
            BadChoice,
            "variants[1].choice",
        ),
        ([Variant(sku="A", choice={"colour": c}, price=1) for c in ("black", "white")], RepeatedCode, "variants[].sku"),
        ([Variant(sku="A", choice={"colour": "black"}, price=9, list_price=9)], BadListPrice, "variants[0].list_price"),
    ],
)
def test_a_wrong_variant_is_refused_by_its_field(variants, error, field):
    with pytest.raises(error) as refusal:
        check_content(content(variants=variants))
    assert refusal.value.field == field


def test_two_options_of_one_code_are_refused():
    with pytest.raises(RepeatedCode):
        check_content(content(options=[COLOUR, COLOUR]))


@pytest.mark.parametrize("slug", ["", "Upper", "two--dashes", "-front", "with space", "a/b"])
def test_a_slug_is_an_address(slug):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(content(slug=slug)), Content)


PARENTS = {"top": None, "mid": "top", "leaf": "mid", "other": None}
TREE = {code: Category(code=code, name=Text(ko=code), parent=parent) for code, parent in PARENTS.items()}


def test_a_category_cannot_lie_inside_itself():
    with pytest.raises(CategoryLoop):
        check_parent("top", "leaf", PARENTS)
    with pytest.raises(CategoryLoop):
        check_parent("top", "top", PARENTS)
    with pytest.raises(UnknownCategory):
        check_parent("leaf", "nowhere", PARENTS)
    check_parent("leaf", "other", PARENTS)


def test_a_category_holds_what_lies_below_it_and_knows_what_it_lies_in():
    assert sorted(below("top", PARENTS)) == ["leaf", "mid", "top"]
    assert [step.code for step in lineage("leaf", TREE)] == ["leaf", "mid", "top"]
    assert lineage("gone", TREE) == []


def test_a_missing_english_name_is_said_in_korean():
    assert Text(ko="셔츠").said_in("en") == "셔츠"
    assert Text(ko="셔츠", en="Shirt").said_in("en") == "Shirt"
