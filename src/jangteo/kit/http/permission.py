"""Who may not call a route is refused before its body is read: nobody is told what a request for others looks like."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.types import Guard


def needs(permission: str) -> Guard:
    """Return a guard for a route: it raises Unauthenticated for a guest, PermissionMissing without `permission`."""

    def guard(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        connection.scope["state"]["caller"].require(permission)

    return guard
