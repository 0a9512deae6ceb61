"""The application: routes, forms checked before any handler, and every failure told as a page."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Litestar, Request, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute
from litestar.types import ControllerRouterHandler, Scope

from jangteo.kit.errors import JangteoError
from jangteo.kit.http.app import metrics_route
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.http.health import Check, health_routes
from jangteo.web import failures
from jangteo.web.company import Company
from jangteo.web.mall import Gateway, Moved
from jangteo.web.problem import Problem
from jangteo.web.reception import Reception
from jangteo.web.session import Sessions
from jangteo.web.settings import WebSettings

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 16 * 1024 * 1024  # the gateway allows as much below /office/uploads only


def create_app(
    settings: WebSettings,
    routes: Sequence[ControllerRouterHandler],
    *,
    sessions: Sessions,
    gateway: Gateway,
    companies: Mapping[str, Company],
    checks: Mapping[str, Check],
    tolerated: Mapping[str, Check],
) -> Entrance:
    """Return the ASGI app."""
    application = Litestar(
        route_handlers=[*routes, *health_routes(checks, tolerated), metrics_route],
        dependencies={"visit": Provide(_visit, sync_to_thread=False)},
        before_request=_enter,
        exception_handlers={
            Problem: failures.refused,
            Moved: failures.moved,
            JangteoError: failures.troubled,
            HTTPException: failures.not_served,
            Exception: failures.unexpected,
        },
        openapi_config=None,
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
    )
    _resolve_at_once(application)
    return Entrance(
        Reception(application, sessions, gateway, companies),
        tenants=settings.tenants,
        default_tenant=settings.default_tenant,
        verifier=None,
        identity=None,
    )


def _visit(scope: Scope) -> Any:
    return scope["state"]["visit"]


async def _enter(request: Request[Any, Any, Any]) -> Response[bytes] | None:
    visit = request.scope["state"].get("visit")
    if visit is not None:
        if visit.trouble is not None:
            raise visit.trouble
        if request.method != "GET":
            await visit.receive(request)
    return None


def _resolve_at_once(application: Litestar) -> None:
    """Let no route start a task for the visit, which is there already; see jangteo.kit.http.app."""
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            for _, model in route.route_handler_map.values():
                model.dependency_batches = [{one} for batch in model.dependency_batches for one in batch]
