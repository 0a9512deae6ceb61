"""The answers Envoy gives by itself: problem+json in the caller's language, in the very form of the services'."""

from dataclasses import dataclass
from typing import Any

import msgspec

from jangteo.gateway.envoy.answers import added, security_headers
from jangteo.gateway.page_routes import NO_PAGE
from jangteo.kit.auth import KeysUnavailable, TokenInvalid
from jangteo.kit.errors import Conflict, Forbidden, Invalid, JangteoError, Unauthenticated, Unavailable
from jangteo.kit.http.client import ServiceUnavailable
from jangteo.kit.http.problems import (
    MEDIA_TYPE,
    BodyTooLarge,
    MethodNotAllowed,
    RouteUnknown,
    Unexpected,
    headers,
    problem,
)

Json = dict[str, Any]


class RequestMalformed(Invalid):
    """The request is no proper HTTP, or its path hides slashes."""

    status = 400
    code = "request.malformed"
    ko = "요청 형식이 올바르지 않습니다."
    en = "The request is malformed."


class RequestTooSlow(Conflict):
    """The request did not arrive whole in time."""

    status = 408
    code = "request.too_slow"
    ko = "요청이 제시간에 도착하지 않았습니다."
    en = "The request did not arrive in time."


class RateLimited(Conflict):
    """This client called too often; the header Retry-After says when to come again."""

    status = 429
    code = "rate.limited"
    ko = "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요."
    en = "Too many requests. Please try again in a moment."


class HeadersTooLarge(Invalid):
    """The headers are more or longer than what is read here."""

    status = 431
    code = "headers.too_large"
    ko = "요청 헤더가 너무 큽니다."
    en = "The headers are too large."


class AnswerBroken(Unavailable):
    """The service answered with something that is no HTTP."""

    status = 502
    code = "service.broken_answer"
    ko = "서비스({service})가 올바르게 응답하지 않았습니다."
    en = "The service {service} did not answer properly."


class AnswerTooSlow(Unavailable):
    """The service did not answer in time; what it was asked to do may have been done."""

    status = 504
    code = "service.too_slow"
    ko = "서비스({service})가 제때 응답하지 않았습니다."
    en = "The service {service} did not answer in time."


@dataclass(frozen=True, slots=True)
class Reply:
    """What is told when Envoy itself would answer with `status`; `when` narrows it further."""

    status: int
    error: JangteoError
    when: Json | None = None


HAS_TOKEN: Json = {"header_filter": {"header": {"name": "authorization", "present_match": True}}}


def _because(expression: str) -> Json:
    return {
        "extension_filter": {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
                "expression": expression,
            },
        }
    }


KEYS_MISSING = _because("response.code_details.contains('Jwks_remote_fetch')")
OF_TOKEN = _because("response.code_details.startsWith('jwt_authn')")
# English, where it stands before any Korean; languages that nobody speaks here are skipped.
ENGLISH_FIRST = r"(?i)\s*((k[^o,]|e[^n,]|[^ke,\s])[^,]*,\s*)*en([-;,\s].*)?"
ENGLISH: Json = {
    "header_filter": {"header": {"name": "accept-language", "string_match": {"safe_regex": {"regex": ENGLISH_FIRST}}}}
}
SERVICE = "%UPSTREAM_CLUSTER%"

# Of these no page can tell: there are too many requests for it, or nobody to render it.
PAGE_STATUSES = (429, 502, 503, 504)
PAGE = """<!doctype html>
<html lang="ko"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>장터</title></head>
<body><h1>잠시 연결이 원활하지 않습니다</h1>
<p>잠시 후 새로 고침해 주세요. 주문과 결제 내용은 안전하게 보관되어 있습니다.</p>
<p lang="en">We cannot be reached just now. Please reload in a moment; your orders and payments are safe.</p>
</body></html>
"""

# The first that fits is told, so the narrower stands before the wider of the same status.
REPLIES: tuple[Reply, ...] = (
    Reply(400, RequestMalformed()),
    Reply(401, KeysUnavailable(), when=KEYS_MISSING),
    Reply(401, TokenInvalid(), when=HAS_TOKEN),
    Reply(401, Unauthenticated()),
    Reply(403, TokenInvalid(), when=OF_TOKEN),  # Envoy's answer to a token for another audience
    Reply(403, Forbidden()),
    Reply(404, RouteUnknown()),
    Reply(405, MethodNotAllowed()),
    Reply(408, RequestTooSlow()),
    Reply(413, BodyTooLarge()),
    Reply(429, RateLimited()),
    Reply(431, HeadersTooLarge()),
    Reply(502, AnswerBroken(service=SERVICE)),
    Reply(503, ServiceUnavailable(service=SERVICE)),
    Reply(504, AnswerTooSlow(service=SERVICE)),
)


def local_reply_config(listener: str, hsts_age: int) -> Json:
    """Return Envoy's `local_reply_config`: each reply in English where that is asked for, else in Korean."""
    always = security_headers(listener, hsts_age)
    pages = [_page_mapper(status, always) for status in PAGE_STATUSES]
    mappers = [_mapper(reply, language, always) for reply in REPLIES for language in ("en", "ko")]
    rest = {"filter": _status("GE", 400), "body_format_override": _rest(), "headers_to_add": always}
    return {"mappers": [*pages, *mappers, rest]}


def _page_mapper(status: int, always: list[Json]) -> Json:
    """Return what a browser shows while the pages cannot be had: no style, no script, both languages."""
    wants_page = {"header": {"name": "accept", "string_match": {"contains": "text/html"}}}
    of_api = {"header": {"name": ":path", "string_match": {"safe_regex": {"regex": NO_PAGE}}, "invert_match": True}}
    conditions = [_status("EQ", status), {"header_filter": wants_page}, {"header_filter": of_api}]
    return {
        "filter": {"and_filter": {"filters": conditions}},
        "body_format_override": {
            "text_format_source": {"inline_string": PAGE},
            "content_type": "text/html; charset=utf-8",
        },
        "headers_to_add": [*always, added("retry-after", "5"), added("cache-control", "no-store")],
    }


def _mapper(reply: Reply, language: str, always: list[Json]) -> Json:
    conditions = [_status("EQ", reply.status)]
    if reply.when is not None:
        conditions.append(reply.when)
    if language == "en":
        conditions.append(ENGLISH)
    own = [(name.decode(), value.decode()) for name, value in headers(reply.error, language)]
    return {
        "filter": conditions[0] if len(conditions) == 1 else {"and_filter": {"filters": conditions}},
        "status_code": reply.error.status,
        "body_format_override": _body(reply.error, language),
        "headers_to_add": always + [added(*one, replacing=True) for one in own if one[0] != "content-type"],
    }


def _status(comparison: str, status: int) -> Json:
    value = {"default_value": status, "runtime_key": "jangteo.status"}
    return {"status_code_filter": {"comparison": {"op": comparison, "value": value}}}


def _body(error: JangteoError, language: str) -> Json:
    document: Json = msgspec.json.decode(problem(error, language=language, instance="%PATH(NQ:PATH)%"))
    document["trace_id"] = "%REQ(X-REQUEST-ID)%"
    return {"json_format": document, "content_type": MEDIA_TYPE}


def _rest() -> Json:
    body = _body(Unexpected(), "ko")
    body["json_format"]["status"] = "%RESPONSE_CODE%"
    return body
