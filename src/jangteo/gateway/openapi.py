"""One OpenAPI document of the whole mall, merged from what each service says of itself, cut to the route table."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jangteo.gateway.routes import ROUTES, Access, Route

Json = dict[str, Any]

METHODS = ("get", "put", "post", "delete", "patch", "options", "head", "trace")
REF = re.compile(r"^#/components/([a-zA-Z]+)/(.+)$")
PROBLEM: Json = {
    "type": "object",
    "description": "RFC 9457; `detail` is in the language of Accept-Language (ko or en).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable, for programs"},
        "detail": {"type": "string", "description": "for people"},
        "instance": {"type": "string"},
        "trace_id": {"type": "string"},
        "params": {"type": "object"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
    },
}
WORDS = Path(__file__).with_name("pages") / "api.md"
# What may be answered to any call, and to those that have what can go wrong.
ALWAYS = {429: "called too often; Retry-After says how long to wait", 503: "try again later"}
NO_TOKEN = {401: "no token, or one that does not hold"}
NO_PERMISSION = {403: "the token lacks the permission"}
NOT_THERE = {404: "there is no such thing, or it is somebody else's"}
BAD_BODY = {400: "the body is no well-formed JSON", 413: "the body is too large"}
BAD_FIELD = {422: "a value is missing, unknown or wrong: `errors` names each field"}
NOT_NOW = {409: "the present state does not allow it, or somebody was faster"}


def merge(documents: Mapping[str, Json], routes: tuple[Route, ...] = ROUTES) -> Json:
    """Return the public document of the mall.

    `documents` are the services' own, by name. A path without a row in `routes` is left out. Components that
    differ under one name are told apart by their service's name; a service that is missing lacks its paths only.
    """
    rows = {(route.service, route.method.lower(), route.shape): route for route in routes}
    paths: Json = {}
    components: Json = {"schemas": {"Problem": PROBLEM}}
    for service, document in documents.items():
        renamed = _renamed(service, document.get("components", {}), components)
        for kind, named in document.get("components", {}).items():
            for name, component in named.items():
                new = renamed.get((kind, name), name)
                components.setdefault(kind, {})[new] = _rewritten(component, renamed)
        for path, item in _public(service, document, rows):
            paths.setdefault(path, {}).update(_rewritten(item, renamed))
    components.setdefault("securitySchemes", {})["bearer"] = {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "an access token, as POST /v1/sessions answers it",
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "장터 Jangteo", "version": "1", "description": WORDS.read_text()},
        "servers": [{"url": "/"}],
        "tags": [{"name": service} for service in documents],
        "paths": dict(sorted(paths.items())),
        "components": components,
    }


def _public(service: str, document: Json, rows: Mapping[tuple[str, str, str], Route]) -> list[tuple[str, Json]]:
    """Return the paths of `document` that the gateway lets in, with what the gateway itself adds to each."""
    found = []
    for path, item in document.get("paths", {}).items():
        shape = re.sub(r"\{[^}]*\}", "{}", path)
        kept = {key: value for key, value in item.items() if key not in METHODS}
        for method in METHODS:
            row = rows.get((service, method, shape))
            if method in item and row is not None:
                kept[method] = _operation(service, item[method], row)
        if any(method in kept for method in METHODS):
            found.append((path, kept))
    return found


def _operation(service: str, operation: Json, row: Route) -> Json:
    """Return the operation with its access, and the answers the gateway may give in the service's stead."""
    told = {**operation, "tags": [service], "responses": dict(operation.get("responses", {}))}
    name = told.get("operationId") or row.name
    told["operationId"] = f"{service}_{name}"
    if row.access is not Access.PUBLIC:
        guest: list[Json] = [{}] if row.access is Access.OPTIONAL else []
        told["security"] = [*guest, {"bearer": []}]
    else:
        told["security"] = []
    for status, description in _refusals(operation, row).items():
        told["responses"].setdefault(
            str(status),
            {
                "description": description,
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
    return told


def _refusals(operation: Json, row: Route) -> dict[int, str]:
    """Return how a call may be refused, by the five kinds of errors and what the operation takes."""
    takes = {one.get("name") for one in operation.get("parameters", [])}
    found = dict(ALWAYS)
    if row.access is not Access.PUBLIC:
        found |= NO_TOKEN
    if row.access is Access.STAFF:
        found |= NO_PERMISSION
    if "{" in row.path:
        found |= NOT_THERE
    if "requestBody" in operation:
        found |= BAD_BODY
    if takes or "requestBody" in operation:
        found |= BAD_FIELD
    if row.method in ("POST", "PUT", "PATCH", "DELETE") and row.access is not Access.PUBLIC:
        found |= NOT_NOW
    return dict(sorted(found.items()))


def _renamed(service: str, mine: Json, taken: Json) -> dict[tuple[str, str], str]:
    """Return new names for those components of a service that mean something else than another's of that name."""
    clashing: dict[tuple[str, str], str] = {}
    grew = True
    while grew:  # a renamed component makes those that refer to it differ too
        grew = False
        for kind, named in mine.items():
            for name, component in named.items():
                other = taken.get(kind, {}).get(name)
                if other is None or (kind, name) in clashing:
                    continue
                if _rewritten(component, clashing) != other:
                    clashing[(kind, name)] = f"{service}.{name}"
                    grew = True
    return clashing


def _rewritten(node: Any, renamed: Mapping[tuple[str, str], str]) -> Any:
    """Return a copy of `node` whose references follow the renaming."""
    if isinstance(node, dict):
        return {key: _rewritten(value, renamed) for key, value in node.items()}
    if isinstance(node, list):
        return [_rewritten(value, renamed) for value in node]
    if isinstance(node, str) and (match := REF.match(node)):
        new = renamed.get((match[1], match[2]))
        return f"#/components/{match[1]}/{new}" if new else node
    return node
