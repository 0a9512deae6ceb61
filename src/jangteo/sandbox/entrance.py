"""How requests come into a provider: strict bodies, the secret key, one answer per Idempotency-Key."""

import hmac
import re
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.types import Guard

from jangteo.sandbox.idempotency import Answer, IdempotentAnswers, Outcome
from jangteo.sandbox.problems import MEDIA_TYPE, KeyRequired, Refusal

BodyT = TypeVar("BodyT")
MOST = 2**63 - 1  # what SQLite counts to
Limit = Annotated[int, QueryParameter(ge=1, le=1000)]
Cursor = Annotated[int, QueryParameter(ge=0, le=MOST)]
_NAMED_FIELD = re.compile(r"(missing required|contains unknown) field `(.+?)`")


class BodyMalformed(Refusal):
    """The body is no JSON."""

    status = 400
    code = "invalid_request"
    detail = "The body is not well-formed JSON."


class BodyInvalid(Refusal):
    """The body is not of the form that the endpoint takes."""

    status = 422
    code = "invalid_request"
    detail = "The body is not valid."

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(field=field)
        self.detail = message  # type: ignore[misc]  # the one refusal whose words depend on the request


class IdempotencyKeyRequired(Refusal):
    """Whatever moves money or makes parcels needs a key."""

    status = 400
    code = "idempotency_key_required"
    detail = "Send an Idempotency-Key of 1 to 300 characters."


def secret_key_guard(secret: str) -> Guard:
    """Return a guard that lets nobody by without `Authorization: Bearer <secret>`."""
    expected = f"Bearer {secret}".encode()

    # Async, though it waits for nothing: Litestar would send a plain function to a thread, for 150 µs of CPU.
    async def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        if not hmac.compare_digest(connection.headers.get("Authorization", "").encode("latin-1"), expected):
            raise KeyRequired

    return guard


async def read_body(request: Request[Any, Any, Any], expected: type[BodyT]) -> BodyT:
    """Return the JSON body as `expected`; raises BodyMalformed, or BodyInvalid, naming the field."""
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=expected)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `")
        path = where.rstrip("`").removeprefix("$.").strip("$")
        if named := _NAMED_FIELD.search(message):
            path = f"{path}.{named[2]}".strip(".")
        raise BodyInvalid(message, field=path or "body") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BodyMalformed(field="body") from None


async def answer_once(
    request: Request[Any, Any, Any], answers: IdempotentAnswers, body: msgspec.Struct, decide: Callable[[], Outcome]
) -> Response[bytes]:
    """Run `decide` once for the request's Idempotency-Key; raises IdempotencyKeyRequired, KeyReused, KeyInUse."""
    key = request.headers.get("Idempotency-Key", "")
    if not 1 <= len(key) <= 300:
        raise IdempotencyKeyRequired(field="Idempotency-Key")
    what = f"{request.method} {request.url.path}"
    return _response(await answers.once(key, what, msgspec.json.encode(body), decide))


def json_response(value: object, status: int = 200) -> Response[bytes]:
    """Answer with `value` as JSON."""
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def _response(answer: Answer) -> Response[bytes]:
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    media_type = "application/json" if answer.status < 400 else MEDIA_TYPE
    return Response(answer.body, status_code=answer.status, media_type=media_type, headers=headers)
