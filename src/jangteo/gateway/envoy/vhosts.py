"""Envoy's route configuration: one route for each row of the table, a 405 behind each known path, then the pages."""

from dataclasses import replace
from typing import Any

from jangteo.gateway.envoy.answers import INNER, added, security_headers
from jangteo.gateway.page_routes import NO_PAGE, PAGES
from jangteo.gateway.routes import GATEWAY, ROUTES, Access, Limit, Route
from jangteo.gateway.settings import GatewaySettings

Json = dict[str, Any]

JWT_FILTER = "envoy.filters.http.jwt_authn"
LIMIT_FILTER = "envoy.filters.http.local_ratelimit"
BUFFER_FILTER = "envoy.filters.http.buffer"
CORS_FILTER = "envoy.filters.http.cors"
TYPE = "type.googleapis.com/envoy.extensions.filters.http."
PREVIOUS_HOSTS = "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
ALLOWED_HEADERS = "authorization,content-type,accept-language,idempotency-key,if-match,if-none-match"

# A POST is sent again only when nothing of it can have reached the service.
RETRY_UNSENT = "connect-failure,refused-stream,reset-before-request"
RETRY_SAFE = RETRY_UNSENT + ",reset,retriable-status-codes"
READS = ("GET", "HEAD")
LIMIT_METADATA = "jangteo.limit"
INNER_KEY = "x-jangteo-inner-key"
STREAM_IDLE_SECONDS = 120  # a live stream sends a sign of life more often than this


def route_configuration(name: str, settings: GatewaySettings, routes: tuple[Route, ...] = ROUTES) -> Json:
    """Return the RouteConfiguration `name` (HTTP, HTTPS or INNER) for `routes`, with the pages for outsiders."""
    host: Json = {"name": "mall", "domains": ["*"]}
    routes = with_heads(routes)
    if name == INNER:
        host["routes"] = [_stranger(settings.inner_key), *_routes(routes)]
    else:
        host["routes"] = [*_routes(routes), _no_page(), *_routes(PAGES)]
    if settings.origins and name != INNER:
        host["typed_per_filter_config"] = {CORS_FILTER: _cors(settings.origins)}
        host["routes"].insert(0, _preflight())
    return {
        "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
        "name": name,
        "virtual_hosts": [host],
        "response_headers_to_add": security_headers(name, settings.hsts_age),
        "request_headers_to_remove": ["x-envoy-external-address", INNER_KEY],
    }


def with_heads(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return `routes` and, behind them, where they delay nothing else, a HEAD for each GET whose answer ends.

    It is the GET in all but the body: who may ask and how often, and what a service checks and notes of it.
    """
    return *routes, *(replace(row, method="HEAD") for row in routes if row.method == "GET" and not row.streams)


def _stranger(key: str) -> Json:
    """Return what keeps everybody out of the inner listener who does not show its key."""
    another: Json = {"name": INNER_KEY, "string_match": {"exact": key}, "invert_match": True}
    another["treat_missing_header_as_empty"] = True
    return _refusal("stranger", {"prefix": "/", "headers": [another]}, 403)


def _no_page() -> Json:
    return _refusal("no page", {"safe_regex": {"regex": NO_PAGE}}, 404)


def _refusal(name: str, match: Json, status: int) -> Json:
    return {
        "name": name,
        "match": match,
        "direct_response": {"status": status},
        "typed_per_filter_config": {JWT_FILTER: _jwt_off()},
    }


def _routes(routes: tuple[Route, ...]) -> list[Json]:
    rendered = [_route(route) for route in routes]
    methods: dict[str, list[str]] = {}
    first: dict[str, Route] = {}
    for route in routes:
        methods.setdefault(route.path, []).append(route.method)
        first.setdefault(route.path, route)
    return rendered + [_wrong_method(first[path], allowed) for path, allowed in methods.items()]


def _path(route: Route) -> Json:
    if route.prefix:
        return {"prefix": route.prefix}
    if route.is_exact:
        return {"path": route.path}
    return {"safe_regex": {"regex": route.pattern}}


def _route(route: Route) -> Json:
    action: Json = {
        "cluster": route.service,
        "timeout": "0s" if route.streams else f"{route.timeout_seconds}s",
        "retry_policy": _retries(route),
    }
    if route.streams:
        action["idle_timeout"] = f"{STREAM_IDLE_SECONDS}s"
    if route.rewrite:
        action["path_rewrite"] = route.rewrite
    rendered: Json = {
        "name": route.name,
        "match": {**_path(route), "headers": [{"name": ":method", "string_match": {"exact": route.method}}]},
        "route": action,
        "typed_per_filter_config": _filters(route),
        "metadata": {"filter_metadata": {LIMIT_METADATA: {"class": route.limit.value}}},
    }
    if route.access is Access.PUBLIC and route.limit is not Limit.WEBHOOK:
        # Nobody looked at it, so nobody behind us should: services refuse a token that has expired.
        rendered["request_headers_to_remove"] = ["authorization"]
    return rendered


def _wrong_method(route: Route, allowed: list[str]) -> Json:
    refusal = _refusal(f"405 {route.path}", _path(route), 405)
    return refusal | {"response_headers_to_add": [added("allow", ", ".join(sorted(allowed)))]}


def _retries(route: Route) -> Json:
    unsent: Json = {"retry_on": RETRY_UNSENT, "num_retries": 2, "retry_back_off": _back_off()}
    # Our own pages say 503 of the mall, not of themselves.
    if route.method not in READS or route.streams or route.service == GATEWAY:
        return unsent
    return {
        **unsent,
        "retry_on": RETRY_SAFE,
        "retriable_status_codes": [503],
        "retry_host_predicate": [
            {"name": "envoy.retry_host_predicates.previous_hosts", "typed_config": {"@type": PREVIOUS_HOSTS}}
        ],
        "host_selection_retry_max_attempts": 3,
    }


def _back_off() -> Json:
    return {"base_interval": "0.025s", "max_interval": "0.25s"}


def _filters(route: Route) -> Json:
    filters: Json = {}
    if route.access is Access.PUBLIC:
        filters[JWT_FILTER] = _jwt_off()
    else:
        requirement = "optional" if route.access is Access.OPTIONAL else "required"
        filters[JWT_FILTER] = {"@type": TYPE + "jwt_authn.v3.PerRouteConfig", "requirement_name": requirement}
    if route.method in READS:
        filters[BUFFER_FILTER] = {"@type": TYPE + "buffer.v3.BufferPerRoute", "disabled": True}
    else:
        limit = {"max_request_bytes": route.body_bytes}
        filters[BUFFER_FILTER] = {"@type": TYPE + "buffer.v3.BufferPerRoute", "buffer": limit}
    return filters


def _jwt_off() -> Json:
    return {"@type": TYPE + "jwt_authn.v3.PerRouteConfig", "disabled": True}


def _preflight() -> Json:
    """Return the route of a browser's question; the CORS filter answers it, and only where there is a route."""
    asked = ("origin", "access-control-request-method")
    return {
        "name": "preflight",
        "match": {
            "prefix": "/",
            "headers": [
                {"name": ":method", "string_match": {"exact": "OPTIONS"}},
                *({"name": name, "present_match": True} for name in asked),
            ],
        },
        "route": {"cluster": GATEWAY},
    }


def _cors(origins: tuple[str, ...]) -> Json:
    return {
        "@type": TYPE + "cors.v3.CorsPolicy",
        "allow_origin_string_match": [{"exact": origin} for origin in origins],
        "allow_methods": "GET, POST, PUT, PATCH, DELETE",
        "allow_headers": ALLOWED_HEADERS,
        "expose_headers": "etag, location, retry-after, x-request-id, link",
        "allow_credentials": True,
        "max_age": "600",
    }
