"""The entrance of a service: finds out tenant, language and caller before any route is reached, and counts."""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from jangteo.kit.auth import Caller, ServiceIdentity, TokenInvalid, TokenVerifier
from jangteo.kit.errors import JangteoError, NotFound
from jangteo.kit.http import problems
from jangteo.kit.telemetry import logs, metrics, traces

Scope = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

log = logging.getLogger(__name__)

_TENANT_HOST = re.compile(rb"([a-z0-9-]{1,40})\.localhost(?::\d+)?")


class TenantUnknown(NotFound):
    """The request is for a shop that is not on this mall."""

    code = "tenant.unknown"
    ko = "없는 상점입니다."
    en = "There is no such shop."


class Entrance:
    """Wraps an application; `scope["state"]` gets `caller` and `language`."""

    def __init__(
        self,
        application: Application,
        *,
        tenants: tuple[str, ...],
        default_tenant: str,
        verifier: TokenVerifier | None,
        identity: ServiceIdentity | None,
    ) -> None:
        self._application = application
        self._tenants = {tenant.encode(): tenant for tenant in tenants}
        self._default_tenant = default_tenant
        self._verifier = verifier
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif scope["method"] == "HEAD":
            # What guards, notes and answers a GET must do the same here, so it is a GET until its body is sent.
            await self._serve({**scope, "method": "GET"}, receive, without_body(send))
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Any, send: Send) -> None:
        headers = dict(scope["headers"])
        language = language_of(headers.get(b"accept-language", b""))
        started, status = time.perf_counter(), 500

        async def send_and_note(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        traceparent = headers.get(b"traceparent", b"").decode("latin-1")
        with traces.server_span(scope["method"], traceparent or None):
            try:
                caller = await self._caller(headers)
                if caller.permissions:
                    caller = msgspec.structs.replace(caller, address=network_address(headers, scope.get("client")))
            except JangteoError as error:
                await send_problem(send_and_note, error, language, scope["path"])
            else:
                scope.setdefault("state", {}).update(caller=caller, language=language)
                with logs.tenant(caller.tenant):
                    await self._application(scope, receive, send_and_note)
            template = scope.get("path_template") or "unmatched"
            traces.name_span(f"{scope['method']} {template}")
        metrics.http_request(scope["method"], template, status, time.perf_counter() - started)

    async def _caller(self, headers: Mapping[bytes, bytes]) -> Caller:
        identity = headers.get(b"x-service-identity")
        if identity is not None and self._identity is not None:
            return self._known(self._identity.verify(identity.decode("latin-1")))
        tenant = self._tenant(headers.get(b"host", b""))
        authorization = headers.get(b"authorization")
        if authorization is None or self._verifier is None:
            return Caller(kind="guest", tenant=tenant)
        scheme, _, token = authorization.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            raise TokenInvalid(field="Authorization")
        caller = await self._verifier.verify(token.strip())
        if caller.tenant != tenant:
            raise TokenInvalid(field="Authorization")
        return caller

    def _known(self, caller: Caller) -> Caller:
        if caller.tenant.encode() not in self._tenants:
            raise TenantUnknown()
        return caller

    def _tenant(self, host: bytes) -> str:
        if match := _TENANT_HOST.fullmatch(host):
            if match[1] not in self._tenants:
                raise TenantUnknown()
            return self._tenants[match[1]]
        return self._default_tenant


def without_body(send: Send) -> Send:
    """Return what sends an answer's status and headers, its length among them, and nothing of its body."""

    async def send_head(message: Any) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head


def network_address(headers: Mapping[bytes, bytes], peer: Any) -> str:
    """Return the caller's network address: as the gateway saw it, or the peer's where no gateway is in between."""
    if seen := headers.get(b"x-envoy-external-address"):
        return seen.decode("latin-1")
    # The gateway appends what it saw to whatever the client pretended.
    if forwarded := headers.get(b"x-forwarded-for"):
        return forwarded.rpartition(b",")[2].strip().decode("latin-1")
    return str(peer[0]) if peer else ""


def language_of(accept: bytes) -> str:
    """Return "en" where English is preferred over Korean by an Accept-Language header, else "ko"."""
    if not accept or accept.startswith(b"ko"):
        return "ko"
    best, language = -1.0, "ko"
    for part in accept.lower().split(b","):
        tag, _, quality = part.strip().partition(b";q=")
        try:
            weight = float(quality or b"1")
        except ValueError:
            continue
        if weight > best and tag[:2] in (b"ko", b"en"):
            best, language = weight, tag[:2].decode()
    return language


async def send_problem(send: Send, error: JangteoError, language: str, path: str) -> None:
    """Answer with `error` as problem+json."""
    await send(
        {
            "type": "http.response.start",
            "status": error.status,
            "headers": problems.headers(error, language),
        }
    )
    body = problems.problem(error, language=language, instance=path)
    await send({"type": "http.response.body", "body": body})
