"""What the routes are given by name; none of it needs to be checked on each request."""

from typing import Annotated, TypeAlias

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, QueryParameter, SkipValidation

from jangteo.kit import auth, postgres
from jangteo.kit.errors import Invalid
from jangteo.product.catalogue import commands, listing, showcase, store
from jangteo.product.domain.catalogue import Product
from jangteo.product.staff_schemas import ProductKept

Caller: TypeAlias = NamedDependency[SkipValidation[auth.Caller]]
Language: TypeAlias = NamedDependency[SkipValidation[str]]
Listings: TypeAlias = NamedDependency[SkipValidation[listing.Listings]]
Showcase: TypeAlias = NamedDependency[SkipValidation[showcase.Showcase]]
Commands: TypeAlias = NamedDependency[SkipValidation[commands.Commands]]
Catalogue: TypeAlias = NamedDependency[SkipValidation[store.Catalogue]]
Database: TypeAlias = NamedDependency[SkipValidation[postgres.Database]]

IdempotencyKey: TypeAlias = Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=255)]
IfMatch: TypeAlias = Annotated[str | None, HeaderParameter(name="If-Match", max_length=100)]
Size: TypeAlias = Annotated[int, QueryParameter(ge=1, le=60)]
Cursor: TypeAlias = Annotated[str, QueryParameter(max_length=200)]

NumberCursor: TypeAlias = Annotated[str, QueryParameter(max_length=20)]

NOT_KEPT = {"Cache-Control": "no-store"}
LAST_NUMBER = (1 << 63) - 1
MANAGE_PRODUCTS = "products.manage"
MANAGE_STOCK = "stock.manage"


class EtagMissing(Invalid):
    """An edit must say which version it was made from."""

    status = 428
    code = "if_match.missing"
    ko = "If-Match 헤더에 읽은 버전의 ETag가 필요합니다."
    en = "The header If-Match must have the ETag of the version that was read."


class EtagInvalid(Invalid):
    """The If-Match header is not an ETag of ours."""

    code = "if_match.invalid"
    ko = "If-Match 값이 올바르지 않습니다."
    en = "The value of If-Match is not an ETag given here."


class NumberCursorInvalid(Invalid):
    """The cursor was not made by this list."""

    code = "page.bad_cursor"
    ko = "페이지 커서가 올바르지 않습니다."
    en = "The cursor is not one of this list."


def number_of(cursor: str) -> int:
    """Return the number that a list by falling numbers goes on below. Raises NumberCursorInvalid."""
    if cursor and not (cursor.isascii() and cursor.isdigit()):
        raise NumberCursorInvalid(field="cursor")
    return min(int(cursor), LAST_NUMBER) if cursor else LAST_NUMBER


def version_of(if_match: str | None) -> int:
    """Return the version that an ETag of a product names. Raises EtagMissing, EtagInvalid."""
    if if_match is None:
        raise EtagMissing(field="If-Match")
    version = if_match.strip().removeprefix("W/").strip('"').partition("-")[0]
    if not version.isascii() or not version.isdigit() or len(version) > 9:
        raise EtagInvalid(field="If-Match")
    return int(version)


def kept(product: Product, status: int = 200) -> Response[ProductKept]:
    """Return a product as staff see it, with the ETag that an edit must name."""
    headers = {"ETag": f'"{product.version}"', **NOT_KEPT}
    return Response(ProductKept.of(product), status_code=status, headers=headers)


def as_json(body: bytes, headers: dict[str, str], status: int = 200) -> Response[bytes]:
    """Return JSON that is encoded already."""
    return Response(body, media_type="application/json", headers=headers, status_code=status)
