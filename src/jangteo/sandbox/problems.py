"""What a provider answers when it refuses: problem+json with a stable code, one shape for every refusal."""

import logging
from typing import Any, ClassVar

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)


class Refusal(Exception):
    """A request that is refused and leaves nothing behind; declared beside its rule as a subclass."""

    status: ClassVar[int]
    code: ClassVar[str]
    detail: ClassVar[str]

    def __init__(self, *, field: str = "") -> None:
        self.field = field
        super().__init__(self.code)


class KeyRequired(Refusal):
    """No secret key, or not ours."""

    status = 401
    code = "unauthorized"
    detail = "Send your secret key as a bearer token."


class Unknown(Refusal):
    """There is no such thing here."""

    status = 404
    code = "not_found"
    detail = "There is no such thing."


def problem(status: int, code: str, detail: str, **more: Any) -> dict[str, Any]:
    """Return the fields of a problem (RFC 9457); `more` rides along where it has a value."""
    fields = {"type": f"urn:sandbox:{code}", "title": code.replace("_", " "), "status": status, "code": code}
    return fields | {"detail": detail} | {name: value for name, value in more.items() if value}


def answer_refusal(request: Request[Any, Any, Any], error: Refusal) -> Response[bytes]:
    """Answer a refusal of our own."""
    errors = [{"field": error.field, "code": error.code, "message": error.detail}] if error.field else []
    return _answer(request, problem(error.status, error.code, error.detail, errors=errors))


def answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer what the framework refused: a body or parameter of the wrong form, an unknown path."""
    code = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}.get(
        error.status_code, "invalid_request"
    )
    extra = error.extra if isinstance(error.extra, list) else []
    errors = [
        {"field": item.get("key", ""), "code": "invalid", "message": item.get("message", "")}
        for item in extra
        if isinstance(item, dict)
    ]
    return _answer(request, problem(error.status_code, code, "The request is not valid.", errors=errors))


def answer_failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer a fault of our own; what was sent is not logged, it may hold a card or an address."""
    log.error("a request failed: %s", type(error).__name__, exc_info=error)
    return _answer(request, problem(500, "internal_error", "The provider failed."))


def _answer(request: Request[Any, Any, Any], fields: dict[str, Any]) -> Response[bytes]:
    # A browser reads the answer of another origin only with this header, and it must read why a card is refused.
    headers = {"Access-Control-Allow-Origin": "*"} if request.url.path == "/v1/tokens" else {}
    return Response(msgspec.json.encode(fields), media_type=MEDIA_TYPE, status_code=fields["status"], headers=headers)


HANDLERS: dict[Any, Any] = {Refusal: answer_refusal, HTTPException: answer_http, Exception: answer_failure}
