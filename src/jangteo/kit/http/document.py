"""A service's OpenAPI document in its own words: what a route's docstring says is its summary and description."""

import inspect
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

_FIRST_SENTENCE = re.compile(r"(.+?)(?:[.;:](?:\s|$)|$)")
Json = dict[str, Any]


def word(application: Litestar) -> None:
    """Give each route the first sentence of its docstring as its summary, unless it names one, and all of it below."""
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            for handler, _ in route.route_handler_map.values():
                _word(handler)


def _word(handler: HTTPRouteHandler) -> None:
    said = " ".join((inspect.getdoc(handler.fn) or "").split())
    if not said:
        return
    first = _FIRST_SENTENCE.match(said)
    if handler.summary is None and first:
        handler.summary = first[1]
    if said.rstrip(".") != handler.summary:
        handler.description = handler.description or said


def document_of(application: Litestar) -> Json:
    """Return the document without what the framework says of a route unasked, which is not true of ours.

    It names one kind of error, in a form of its own; ours are problem documents, told once for all by the gateway.
    A route that reads a file as its body says so itself, by `takes`: the media types that are meant for it.
    """
    document: Json = application.openapi_schema.to_schema()
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                if media_types := handler.opt.get("takes"):
                    document["paths"][route.path_format][method.lower()]["requestBody"] = _file(media_types)
    for item in document.get("paths", {}).values():
        for operation in item.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"] = _ours(operation["responses"])
    return document


def _file(media_types: Sequence[str]) -> Json:
    content = {"schema": {"type": "string", "format": "binary"}}
    return {"required": True, "content": dict.fromkeys([*media_types, "application/octet-stream"], content)}


def _ours(responses: Json) -> Json:
    kept = {}
    for status, response in responses.items():
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        if "status_code" in schema.get("properties", {}):
            continue
        meaning = HTTPStatus(int(status))
        if response.get("description") == meaning.description:  # such as "Document created, URL follows"
            response = {**response, "description": meaning.phrase}
        kept[status] = response
    return kept
