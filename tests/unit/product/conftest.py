"""Indexes on disk, of the demo catalogue and of hand-made shops."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jangteo.product.demo.generator import generate, make_categories
from jangteo.product.domain.catalogue import Category, Label, Product, Prose, Status, Text, Variant, lineage
from jangteo.product.domain.stock import Level
from jangteo.product.search.index import Listing, ProductIndex

CATEGORIES = {category.code: category for category in make_categories()}
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def make_listing(product, level=Level.IN):
    return Listing(product, lineage(product.category, CATEGORIES) or [Category(code="c", name=Text(ko="기타"))], level)


def make_thing(number, ko, en="", *, brand=None, tags=(), description="", price=10_000, popularity=0):
    return Product(
        id=UUID(int=number),
        number=number,
        version=1,
        slug=f"thing-{number}",
        name=Text(ko=ko, en=en),
        category="c",
        brand=Label(code=brand, ko=brand, en=brand) if brand else None,
        description=Prose(ko=description),
        variants=[Variant(sku=f"T-{number}", price=price)],
        tags=list(tags),
        status=Status.PUBLISHED,
        popularity=popularity,
        created_at=BEGIN + timedelta(hours=number),
        changed_at=BEGIN,
    )


@pytest.fixture(scope="session")
def thing():
    """Makes a product of its number and names."""
    return make_thing


@pytest.fixture(scope="session")
def listing():
    """Makes what an index is given of a product."""
    return make_listing


@pytest.fixture(scope="session")
def demo():
    """The demo's products."""
    return [made.product for made in generate(330)]


@pytest.fixture(scope="session")
def demo_index(demo, tmp_path_factory):
    """An index of the demo, every seventh product sold out."""
    index = ProductIndex.create(tmp_path_factory.mktemp("index") / "demo", [product.name.ko for product in demo])
    levels = (Level.OUT, *[Level.IN] * 6)
    index.change([make_listing(product, levels[product.number % 7]) for product in demo])
    yield index
    index.rest()


@pytest.fixture
def shop(tmp_path):
    """Makes an index of products with these names."""
    made = []

    def make(*products):
        index = ProductIndex.create(tmp_path / str(len(made)), [product.name.ko for product in products])
        index.change([make_listing(product) for product in products])
        made.append(index)
        return index

    yield make
    for index in made:
        index.rest()
