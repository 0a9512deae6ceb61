"""The app of a service: its routes, its health, its metrics, its OpenAPI document, and errors told as problems."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler, Scope

from jangteo.kit import errors
from jangteo.kit.auth import ServiceIdentity, TokenVerifier
from jangteo.kit.http import problems
from jangteo.kit.http.body import StrictBody
from jangteo.kit.http.document import document_of, word
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.http.health import Check, health_routes
from jangteo.kit.settings import ServiceSettings
from jangteo.kit.telemetry import metrics

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1_000_000
# Litestar tells a parameter that is not there in words only.
_MISSING_PARAMETER = re.compile(r"Missing required \w+ parameter '([^']+)'")


def create_app(
    settings: ServiceSettings,
    routes: Sequence[ControllerRouterHandler],
    *,
    title: str,
    dependencies: Mapping[str, object] | None = None,
    checks: Mapping[str, Check] | None = None,
    tolerated: Mapping[str, Check] | None = None,
    verifier: TokenVerifier | None = None,
    identity: ServiceIdentity | None = None,
) -> Entrance:
    """Return the ASGI app of a service.

    Routes are given `caller: NamedDependency[Caller]`, `language: NamedDependency[str]` ("ko" or "en") and each of
    `dependencies` by name.
    `checks` raise while the service cannot do its work, `tolerated` ones while it can, only less well: a broker that
    is away, say, whose messages wait in the outbox. /health/ready tells both by name.
    """
    application = Litestar(
        route_handlers=[*routes, *health_routes(checks or {}, tolerated or {}), metrics_route, _openapi],
        dependencies=_provided(dependencies or {}),
        dto=StrictBody,
        return_dto=None,
        exception_handlers={errors.JangteoError: _tell, HTTPException: _tell_http, Exception: _tell_unexpected},
        # Litestar's own pages would take `/` and answer every unknown address below it in HTML.
        openapi_config=OpenAPIConfig(title=title, version="1", path="/openapi", render_plugins=[JsonRenderPlugin()]),
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
    )
    _resolve_in_turn(application)
    word(application)
    return Entrance(
        application,
        tenants=settings.tenants,
        default_tenant=settings.default_tenant,
        verifier=verifier,
        identity=identity,
    )


def _provided(dependencies: Mapping[str, object]) -> dict[str, Provide]:
    provided = {
        "caller": Provide(_caller, sync_to_thread=False),
        "language": Provide(_language, sync_to_thread=False),
    }
    for name, value in dependencies.items():
        provided[name] = Provide(_constant(value), use_cache=True, sync_to_thread=False)
    return provided


def _resolve_in_turn(application: Litestar) -> None:
    """Let each route fetch its dependencies one after the other.

    Litestar starts a task for each of them, which costs 140 µs of CPU a request; ours are there already, and
    none of them waits for anything.
    """
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]


def _caller(scope: Scope) -> Any:
    return scope["state"]["caller"]


def _language(scope: Scope) -> Any:
    return scope["state"]["language"]


def _constant(value: object) -> Callable[[], Any]:
    def provide() -> Any:
        return value

    return provide


@get("/metrics", include_in_schema=False, media_type="text/plain")
async def metrics_route() -> Response[bytes]:
    """Tell what was counted, in Prometheus' form."""
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4")


@get("/openapi.json", include_in_schema=False, media_type="application/vnd.oai.openapi+json", sync_to_thread=False)
def _openapi(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return document_of(request.app)


def _tell(request: Request[Any, Any, Any], error: errors.JangteoError) -> Response[bytes]:
    language = request.scope["state"].get("language", "ko")
    body = problems.problem(error, language=language, instance=request.scope["path"])
    headers = {name.decode(): value.decode() for name, value in problems.headers(error, language)}
    return Response(body, status_code=error.status, media_type=headers.pop("content-type"), headers=headers)


def _tell_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    if error.status_code >= 500:
        return _tell_unexpected(request, error)
    return _tell(request, _translated(error))


def _translated(error: HTTPException) -> errors.JangteoError:
    if isinstance(error, ValidationException):
        faults = error.extra if isinstance(error.extra, list) else []
        found = [_fault(fault) for fault in faults if isinstance(fault, dict)]
        if len(found) == 1:
            return found[0]
        if not found and (missing := _MISSING_PARAMETER.match(str(error.detail))):
            return problems.FieldMissing(field=missing[1])
        return errors.InvalidFields(found) if found else problems.FieldMissing(field="$")
    by_status: dict[int, type[errors.JangteoError]] = {
        400: problems.BodyMalformed,
        401: errors.Unauthenticated,
        403: errors.Forbidden,
        404: problems.RouteUnknown,
        405: problems.MethodNotAllowed,
        413: problems.BodyTooLarge,
        415: problems.MediaTypeUnsupported,
    }
    return by_status.get(error.status_code, problems.Unexpected)()


def _fault(fault: dict[str, Any]) -> errors.Invalid:
    name = str(fault.get("key", "$"))
    if name == "data":
        # The body itself is read by StrictBody; all that is left to be wrong here is that there is none.
        return problems.BodyMissing(field="$")
    return problems.field_error(str(fault.get("message", "")), name)


def _tell_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    log.error("unexpected error in %s %s", request.method, request.scope["path"], exc_info=error)
    return _tell(request, problems.Unexpected())
