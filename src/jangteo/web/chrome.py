"""What stands around every page of the shop: its departments."""

from collections.abc import Sequence

import msgspec

from jangteo.web.mall import Mall
from jangteo.web.problem import Problem

FRESH_SECONDS = 30.0
PATH = "/v1/categories"


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A category and those inside it."""

    slug: str
    name: str
    parent: str | None = None
    children: tuple["Category", ...] = ()


class Categories(msgspec.Struct, frozen=True):
    """GET /v1/categories."""

    items: tuple[Category, ...] = ()


async def departments(mall: Mall) -> Sequence[Category]:
    """Return the departments; none while the catalogue does not answer, so that a page can still say so."""
    try:
        return (await mall.window(PATH, Categories, seconds=FRESH_SECONDS)).items
    except Problem:
        return ()


def departments_seen(mall: Mall) -> Sequence[Category]:
    """Return the departments as they were when last asked for."""
    known = mall.seen(PATH, Categories)
    return known.items if known else ()
