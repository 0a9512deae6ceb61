"""Errors as RFC 9457 problem+json, in the caller's language, naming the field at fault."""

import re
from typing import Any

import msgspec

from jangteo.kit.errors import (
    Conflict,
    Forbidden,
    Invalid,
    InvalidFields,
    JangteoError,
    NotFound,
    Unavailable,
)
from jangteo.kit.http.field_words import FieldMalformed, FieldOutOfBounds, FieldWrongType
from jangteo.kit.telemetry import traces

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = b"1"


class BodyMalformed(Invalid):
    """The body is not JSON at all."""

    status = 400
    code = "body.malformed"
    ko = "요청 본문이 올바른 JSON이 아닙니다."
    en = "The body is not well-formed JSON."


class FieldMissing(Invalid):
    """A required field is not there."""

    code = "field.missing"
    ko = "필수 항목입니다."
    en = "This field is required."


class BodyMissing(FieldMissing):
    """There is no body at all."""

    ko = "요청 본문이 필요합니다."
    en = "A body is required."


class FieldUnknown(Invalid):
    """A field that nobody knows."""

    code = "field.unknown"
    ko = "알 수 없는 항목입니다."
    en = "This field is not known here."


class RouteUnknown(NotFound):
    """No such route."""

    code = "route.unknown"
    ko = "없는 주소입니다."
    en = "There is no such address."


class MethodNotAllowed(Conflict):
    """The address exists, but not for this method."""

    status = 405
    code = "method.not_allowed"
    ko = "이 주소에서는 지원하지 않는 방식입니다."
    en = "The method is not supported at this address."


class BodyTooLarge(Invalid):
    """The body is larger than what is read here."""

    status = 413
    code = "body.too_large"
    ko = "요청 본문이 너무 큽니다."
    en = "The body is too large."


class MediaTypeUnsupported(Invalid):
    """The body is of a type that is not read here."""

    status = 415
    code = "media_type.unsupported"
    ko = "지원하지 않는 본문 형식입니다."
    en = "This media type is not supported."


class Unexpected(JangteoError):
    """A defect of ours; its details are in the log under the trace id."""

    status = 500
    code = "unexpected"
    ko = "서버 오류가 발생했습니다."
    en = "Something went wrong on our side."


_TITLES = {"ko": {}, "en": {}}  # type: dict[str, dict[int, str]]
_TITLES["ko"] = {
    400: "잘못된 요청",
    401: "로그인 필요",
    403: "권한 없음",
    404: "찾을 수 없음",
    405: "지원하지 않는 방식",
    409: "상태 충돌",
    413: "요청이 너무 큼",
    415: "지원하지 않는 형식",
    422: "입력값 오류",
    429: "요청이 너무 많음",
    500: "서버 오류",
    503: "일시적 오류",
}
_TITLES["en"] = {
    400: "Bad request",
    401: "Log-in required",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Server error",
    503: "Unavailable",
}


def problem(error: JangteoError, *, language: str, instance: str) -> bytes:
    """Return `error` as a problem document for the request path `instance`."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES[language].get(error.status, error.code),
        "status": error.status,
        "code": error.code,
        "detail": error.text(language),
        "instance": instance,
    }
    if trace_id := traces.current_trace_id():
        document["trace_id"] = trace_id
    if error.params:
        document["params"] = error.params
    faults = error.problems if isinstance(error, InvalidFields) else [error] if error.field else []
    if faults:
        document["errors"] = [
            {"field": fault.field, "code": fault.code, "message": fault.text(language)} for fault in faults
        ]
    return msgspec.json.encode(document, enc_hook=str)


def headers(error: JangteoError, language: str) -> list[tuple[bytes, bytes]]:
    """Return the headers that go with `problem`."""
    lines = [(b"content-type", MEDIA_TYPE.encode()), (b"content-language", language.encode())]
    if (seconds := error.params.get("retry_after")) is not None:
        lines.append((b"retry-after", str(seconds).encode()))
    elif isinstance(error, Unavailable):
        lines.append((b"retry-after", RETRY_AFTER_SECONDS))
    if error.status == 401:
        lines.append((b"www-authenticate", b'Bearer realm="jangteo"'))
    return lines


_MISSING = re.compile(r"^Object missing required field `(.+?)`")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.+?)`")
_TYPE = re.compile(r"^Expected `([^`]+)`, got `([^`]+)`")
_BOUNDS = re.compile(r"^Expected (.+)$")


def field_error(message: str, path: str) -> Invalid:
    """Turn a message of msgspec about the value at `path` into an error that names the field."""
    if match := _MISSING.match(message):
        return FieldMissing(field=_join(path, match[1]))
    if match := _UNKNOWN.match(message):
        return FieldUnknown(field=_join(path, match[1]))
    if match := _TYPE.match(message):
        return FieldWrongType(field=path, expected=match[1], got=match[2])
    if match := _BOUNDS.match(message):
        return FieldOutOfBounds(field=path, expected=match[1].replace("`", ""))
    return FieldMalformed(field=path, reason=message)


def validation_error(error: msgspec.ValidationError) -> Invalid:
    """Turn msgspec's own error about a body into one that names the field; `$` is the body itself."""
    message, _, where = str(error).partition(" - at `")
    path = where.rstrip("`").removeprefix("$").removeprefix(".").removesuffix("`")
    return field_error(message, path.replace("[...]", "[*]") or "$")


def _join(path: str, name: str) -> str:
    return name if path in ("", "$") else f"{path}.{name}"


__all__ = ["Conflict", "Forbidden", "field_error", "headers", "problem", "validation_error"]
