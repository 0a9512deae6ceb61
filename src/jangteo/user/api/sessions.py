"""Routes of logging in, staying logged in and logging out."""

from typing import Any

from litestar import Request, Response, delete, post
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody

from jangteo.user.api import members
from jangteo.user.api.given import PERSONAL, Caller, IdempotencyKey, Sessions, Settings
from jangteo.user.commands.sessions import Challenge, Opened
from jangteo.user.domain.device import Device, device_name
from jangteo.user.schemas import ChallengeOut, LogIn, Refresh, SessionOut
from jangteo.user.second_factor_store import CHALLENGE_LIFE
from jangteo.user.settings import UserSettings

ASKED = "The second factor is asked for"


@post("/v1/sessions", cache_control=PERSONAL, responses={202: ResponseSpec(ChallengeOut, description=ASKED)})
async def log_in(
    data: JSONBody[LogIn], request: Request[Any, Any, Any], caller: Caller, sessions: Sessions, settings: Settings
) -> Response[SessionOut | ChallengeOut]:
    """Log in with e-mail and password. A member with a second factor gets a challenge (202) to answer with a code."""
    return admitted(
        await sessions.log_in(caller.tenant, data.email, data.password, address_of(request), device_of(request)),
        settings,
    )


@post("/v1/sessions/refresh", cache_control=PERSONAL, status_code=200)
async def refresh(
    data: JSONBody[Refresh],
    request: Request[Any, Any, Any],
    caller: Caller,
    sessions: Sessions,
    settings: Settings,
    idempotency_key: IdempotencyKey = None,
) -> SessionOut:
    """Renew the session. Each refresh token is good for one use; a second one ends the session.

    A client that may lose the answer sends a random Idempotency-Key: the same request under the same key is given
    the same refresh token for a minute, unless that was used meanwhile.
    """
    return told(
        await sessions.refresh(caller.tenant, data.refresh_token, idempotency_key, device_of(request)), settings
    )


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


def device_of(request: Request[Any, Any, Any]) -> Device:
    """Return what the caller uses, and from where."""
    return Device(name=device_name(request.headers.get("user-agent", "")), address=address_of(request))


def admitted(found: Opened | Challenge, settings: UserSettings) -> Response[SessionOut | ChallengeOut]:
    """Return the answer to a log-in: a session, or the question for the second factor."""
    if isinstance(found, Challenge):
        seconds = int(CHALLENGE_LIFE.total_seconds())
        asked = ChallengeOut(mfa_required=True, challenge=found.token, expires_in=seconds)
        return Response(asked, status_code=202)
    return Response(told(found, settings), status_code=201)


def told(opened: Opened, settings: UserSettings) -> SessionOut:
    """Return a session as its client is told."""
    return SessionOut(
        access_token=opened.access_token,
        refresh_token=opened.refresh_token,
        expires_in=settings.access_token_seconds,
        token_type="Bearer",  # noqa: S106
        second_factor_missing=opened.lacks_factor,
        consents_due=opened.consents_due,
        member=members.told(opened.member),
    )


ROUTES = [log_in, refresh, log_out]
