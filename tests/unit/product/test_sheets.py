"""A product survives the sheet: whatever it is made of is read back as it was, and no cell starts a formula."""

import csv
import io
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.kit.errors import Invalid
from jangteo.product.domain.catalogue import (
    Attribute,
    Content,
    Label,
    Option,
    Picture,
    Product,
    Prose,
    Status,
    Text,
    Variant,
)
from jangteo.product.sheets.cells import escaped, guarded, plain, split, unguarded
from jangteo.product.sheets.columns import COLUMNS
from jangteo.product.sheets.composing import compose
from jangteo.product.sheets.exporting import rows_of
from jangteo.product.sheets.reading import Line, read_sheet

ODD = st.text(st.sampled_from("가a |:,;\\'=+-@\"　é"), min_size=1, max_size=8)
LINE = st.one_of(ODD, st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=20))
CODES = st.sampled_from(["a", "b-1", "c_2", "d"])
LABEL = st.builds(Label, code=CODES, ko=LINE, en=st.one_of(st.just(""), LINE))
TEXT = st.builds(Text, ko=LINE, en=st.one_of(st.just(""), LINE))
PROSE = st.text(st.sampled_from("가 =\n,;\"'x"), max_size=20)


@st.composite
def products(draw):
    """Any product that the rules allow, with at most one option."""
    values = draw(st.lists(LABEL, min_size=1, max_size=3, unique_by=lambda label: label.code))
    has_option = draw(st.booleans())
    options = [Option(code="size", name=draw(TEXT), values=values)] if has_option else []
    choices = [{"size": value.code} for value in values] if has_option else [{}]
    price = st.integers(0, 1_000_000_000 - 1)
    variants = []
    for number, choice in enumerate(choices):
        cost = draw(price)
        before = draw(st.one_of(st.none(), st.just(cost + 1)))
        variants.append(Variant(sku=f"S.{number}", choice=choice, price=cost, list_price=before, weight_grams=number))
    facts = draw(
        st.lists(st.builds(Attribute, code=CODES, name=TEXT, value=LABEL), max_size=3, unique_by=lambda f: f.code)
    )
    status = draw(st.sampled_from(Status))
    moment = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    return Product(
        id=UUID(int=1),
        number=1,
        version=1,
        created_at=moment,
        changed_at=moment,
        slug="a-thing",
        name=draw(TEXT),
        category="things",
        brand=draw(st.one_of(st.none(), LABEL)),
        description=Prose(ko=draw(PROSE), en=draw(PROSE)),
        options=options,
        variants=variants,
        attributes=facts,
        pictures=[Picture(name="ab.webp", alt=alt) for alt in draw(st.lists(TEXT, max_size=2))],
        tags=draw(st.lists(LINE, max_size=3)),
        tax_free=draw(st.booleans()),
        max_per_order=draw(st.integers(1, 10_000)),
        status=status,
        publish_at=moment if status is Status.DRAFT and draw(st.booleans()) else None,
    )


def written(product):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(COLUMNS), *rows_of(product)])
    return text.getvalue().encode()


def content_of(product):
    return Content(**{name: getattr(product, name) for name in Content.__struct_fields__})


@given(products())
def test_a_product_comes_back_from_the_sheet_as_it_was(product):
    lines = read_sheet(written(product))
    for before in (product, None):
        composed = compose("a-thing", lines, before)
        assert composed.faults == ()
        assert composed.content == content_of(product)


@given(st.text())
def test_no_cell_starts_a_formula_and_every_text_is_read_back(text):
    cell = guarded(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))
    assert unguarded(cell) == text


@given(st.lists(st.text(st.sampled_from("a \\|;:,")), min_size=1))
def test_parts_are_kept_apart_whatever_stands_in_them(parts):
    cell = "; ".join(map(escaped, parts))
    assert [plain(part) for part in split(cell, ";")] == (parts if cell.strip(" ") else [])


def lines(*rows):
    return [Line(number, row) for number, row in enumerate(rows, 2)]


def base(**changed):
    return {"product": "p", "sku": "A", "price": "100", "name_ko": "이름", "category": "c"} | changed


def faults(*rows, before=None):
    found = compose("p", lines(*rows), before).faults
    return [(fault.row, fault.error.field, fault.error.code) for fault in found]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"price": "-1"}, "price"),
        ({"price": "free"}, "price"),
        ({"price": "9999999999999"}, "price"),
        ({"name_ko": ""}, "name_ko"),
        ({"name_ko": "a\x01"}, "name_ko"),
        ({"sku": ""}, "sku"),
        ({"sku": "가"}, "sku"),
        ({"status": "sold"}, "status"),
        ({"publish_at": "soon"}, "publish_at"),
        ({"publish_at": "2030-01-01", "status": "published"}, "publish_at"),
        ({"tax_free": "maybe"}, "tax_free"),
        ({"options": "size: s"}, "options"),
        ({"options": "size|크기: s|S"}, "choice"),
        ({"choice": "size"}, "choice"),
        ({"choice": "size: s"}, "choice"),
        ({"brand": "Acme"}, "brand"),
        ({"attributes": "x|엑스"}, "attributes"),
        ({"pictures": "../x|그림"}, "pictures"),
        ({"list_price": "50"}, "list_price"),
        ({"opening_stock": "9999999"}, "opening_stock"),
        ({"max_per_order": "0"}, "max_per_order"),
        ({"category": "No Such"}, "category"),
    ],
)
def test_what_is_wrong_is_told_by_row_and_column(changed, field):
    assert [(row, name) for row, name, _ in faults(base(**changed))] == [(2, field)]


def test_an_address_that_is_none_is_told_by_its_column():
    (fault,) = compose("Not A Slug", lines(base()), None).faults
    assert fault.error.field == "product"


def test_a_fault_in_one_row_holds_the_others_of_the_product_back():
    rows = (base(), base(sku="B", price="x", name_ko=""), base(sku="C", name_ko=""))
    assert faults(*rows) == [
        (3, "price", "import.cell_unreadable"),
        (2, "product", "import.held_back"),
        (4, "product", "import.held_back"),
    ]


def test_rows_of_one_product_may_not_contradict_each_other():
    rows = (base(), base(sku="B", name_ko="다른 이름"))
    assert faults(*rows)[0] == (3, "name_ko", "import.cells_differ")


def test_a_column_that_is_not_there_and_a_sku_that_is_not_there_stay_as_they_are():
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    stamps = {"id": UUID(int=1), "number": 1, "version": 3, "created_at": moment, "changed_at": moment}
    options = [Option(code="size", name=Text(ko="크기"), values=[Label(code="s", ko="S"), Label(code="m", ko="M")])]
    variants = [Variant(sku=code.upper(), price=10, choice={"size": code}) for code in ("s", "m")]
    content = Content(slug="p", name=Text(ko="이름"), category="c", options=options, variants=variants, tags=["x"])
    before = Product(**msgspec.structs.asdict(content), **stamps)
    composed = compose("p", lines({"product": "p", "sku": "M", "price": "20"}), before)
    assert composed.content == msgspec.structs.replace(
        content, variants=[variants[0], msgspec.structs.replace(variants[1], price=20)]
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "import.column_missing"),
        (b"sku,price\nA,1", "import.column_missing"),
        (b"product,sku,colour\na,b,c", "import.column_unknown"),
        (b"product,sku,sku\na,b,c", "import.column_unknown"),
        (b"product,sku\n", "import.empty"),
        (b"product,sku\n,\n\n", "import.empty"),
        (b"product,sku\n\xff\xff\xff,b", "import.unreadable"),
        (b"product,sku\na\x00,b", "import.unreadable"),
        (b'product,sku\n"a,b\n', "import.unreadable"),
        (b"product,sku\na,b,c", "import.unreadable"),
        (b"PK\x03\x04\x00\x00", "import.unreadable"),
    ],
)
def test_a_file_that_is_useless_as_a_whole_is_refused(content, code):
    with pytest.raises(Invalid) as refusal:
        read_sheet(content)
    assert refusal.value.code == code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_korean_spreadsheets_save_is_read(encoding, delimiter):
    text = "\r\n".join(
        delimiter.join(row) for row in (("product", "sku", "name_ko"), ("p", "A", "도자기 컵"), ("", "", ""))
    )
    assert read_sheet(text.encode(encoding)) == [Line(2, {"product": "p", "sku": "A", "name_ko": "도자기 컵"})]
