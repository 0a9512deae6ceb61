"""Routes of logging in, staying logged in and logging out."""

from typing import Any

from litestar import Request, delete, post
from litestar.params import JSONBody

from jangteo.user.api.given import PERSONAL, Caller, IdempotencyKey, Sessions, Settings
from jangteo.user.api.members import told
from jangteo.user.commands.sessions import Opened
from jangteo.user.schemas import LogIn, Refresh, SessionOut
from jangteo.user.settings import UserSettings


@post("/v1/sessions", cache_control=PERSONAL)
async def log_in(
    data: JSONBody[LogIn], request: Request[Any, Any, Any], caller: Caller, sessions: Sessions, settings: Settings
) -> SessionOut:
    """Log in with e-mail and password."""
    opened = await sessions.log_in(caller.tenant, data.email, data.password, address_of(request))
    return _told(opened, settings)


@post("/v1/sessions/refresh", cache_control=PERSONAL, status_code=200)
async def refresh(
    data: JSONBody[Refresh],
    caller: Caller,
    sessions: Sessions,
    settings: Settings,
    idempotency_key: IdempotencyKey = None,
) -> SessionOut:
    """Renew the session. Each refresh token is good for one use; a second one ends the session.

    A client that may lose the answer sends a random Idempotency-Key: the same request under the same key is given
    the same refresh token for a minute, unless that was used meanwhile.
    """
    return _told(await sessions.refresh(caller.tenant, data.refresh_token, idempotency_key), settings)


@delete("/v1/sessions/current")
async def log_out(caller: Caller, sessions: Sessions) -> None:
    """Log out: the session's refresh tokens stop to hold."""
    _ = caller.member_id
    await sessions.log_out(caller.tenant, caller.session)


def address_of(request: Request[Any, Any, Any]) -> str:
    """Return the caller's network address: as the gateway saw it, or the peer's where no gateway is in between."""
    headers = request.headers
    if seen := headers.get("x-envoy-external-address"):
        return seen
    # The gateway appends what it saw to whatever the client pretended.
    if forwarded := headers.get("x-forwarded-for"):
        return forwarded.rpartition(",")[2].strip()
    return request.client.host if request.client else ""


def _told(opened: Opened, settings: UserSettings) -> SessionOut:
    return SessionOut(
        access_token=opened.access_token,
        refresh_token=opened.refresh_token,
        expires_in=settings.access_token_seconds,
        token_type="Bearer",  # noqa: S106
        member=told(opened.member),
    )


ROUTES = [log_in, refresh, log_out]
