"""Who is calling: members by the user service's tokens, services by tokens that they sign themselves.

Every service checks for itself, so that reaching one past the gateway gains nothing. A token that was checked once
is remembered until it expires: checking again costs a dictionary look-up.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import jwt
import msgspec
from jwt.types import Options

from jangteo.kit.clock import unix_now
from jangteo.kit.errors import Forbidden, Unauthenticated, Unavailable
from jangteo.kit.superseded import Superseded

log = logging.getLogger(__name__)

ISSUER = "jangteo"
AUDIENCE = "jangteo"
SERVICE_AUDIENCE = "jangteo-internal"
LEEWAY_SECONDS = 30
KEYS_MIN_REFRESH_SECONDS = 5.0
KEYS_MAX_AGE_SECONDS = 300.0
SERVICE_TOKEN_SECONDS = 600
_REMEMBERED = 20_000
# PyJWT would ask the machine's clock, and it alone: see _check_times.
_OF_MEMBERS: Options = {"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "sub", "tenant"]}
_OF_SERVICES: Options = {"verify_exp": False, "verify_iat": False, "require": ["exp", "iss", "tenant"]}


class TokenInvalid(Unauthenticated):
    """The token is forged, expired, of another tenant, or no token at all."""

    code = "token.invalid"
    ko = "로그인 정보가 올바르지 않거나 만료되었습니다."
    en = "The token is not valid or has expired."


class PermissionMissing(Forbidden):
    """The caller is known, but lacks the named permission."""

    code = "permission.missing"
    ko = "권한이 없습니다: {permission}"
    en = "The permission {permission} is required."


class KeysUnavailable(Unavailable):
    """The signing keys cannot be fetched just now."""

    code = "keys.unavailable"


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling within which tenant. `id` is a member's id; `service` names a service of the mall.

    `address` is the network address, noted for those only who have permissions: what they do is audited.
    """

    kind: Literal["guest", "member", "service"]
    tenant: str
    id: UUID | None = None
    session: str = ""
    service: str = ""
    permissions: frozenset[str] = frozenset()
    token_version: int = 0  # see jangteo.kit.superseded
    address: str = ""

    @property
    def member_id(self) -> UUID:
        """Return the member's id. Raises Unauthenticated for anybody else."""
        if self.kind != "member" or self.id is None:
            raise Unauthenticated()
        return self.id

    def require(self, permission: str) -> None:
        """Raise Unauthenticated for a guest, PermissionMissing for a caller without `permission`."""
        if self.kind == "guest":
            raise Unauthenticated()
        if permission not in self.permissions:
            raise PermissionMissing(permission=permission)

    def require_service(self, *names: str) -> None:
        """Raise unless the caller is one of the services `names` (any service, where none is named)."""
        if self.kind != "service":
            raise Unauthenticated() if self.kind == "guest" else Forbidden()
        if names and self.service not in names:
            raise Forbidden()


KeyFetcher = Callable[[], Awaitable[dict[str, Any]]]


class TokenVerifier:
    """Checks access tokens (RS256) offline, with the public keys of the user service."""

    def __init__(self, fetch_keys: KeyFetcher, superseded: Superseded | None = None) -> None:
        """`fetch_keys` returns a JWK set (RFC 7517); it may raise Unavailable."""
        self._fetch_keys = fetch_keys
        self._superseded = superseded
        self._keys: dict[str, Any] = {}
        self._fetched_at = -KEYS_MAX_AGE_SECONDS
        self._fetching = asyncio.Lock()
        self._remembered: dict[str, tuple[float, Caller]] = {}
        self._renewing: asyncio.Task[None] | None = None
        self._renewed_at = -KEYS_MAX_AGE_SECONDS

    async def verify(self, token: str) -> Caller:
        """Return the member behind `token`. Raises TokenInvalid, or KeysUnavailable where no key is known yet.

        Raises TokenSuperseded and StandingUnknown as told in jangteo.kit.superseded.
        """
        caller = await self._read(token)
        if self._superseded is not None:
            await self._superseded.check(
                caller.tenant, caller.member_id, caller.token_version, privileged=bool(caller.permissions)
            )
        return caller

    async def _read(self, token: str) -> Caller:
        remembered = self._remembered.get(token)
        if remembered is not None:
            if remembered[0] > unix_now():
                if time.monotonic() - self._fetched_at > KEYS_MAX_AGE_SECONDS:
                    self._renew_meanwhile()
                return remembered[1]
            del self._remembered[token]
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid")))
            claims = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY_SECONDS,
                options=_OF_MEMBERS,
            )
            _check_times(claims)
            caller = Caller(
                kind="member",
                tenant=str(claims["tenant"]),
                id=UUID(str(claims["sub"])),
                session=str(claims.get("sid", "")),
                permissions=frozenset(str(claims.get("scope", "")).split()),
                token_version=int(claims.get("ver", 0)),
            )
        except (jwt.PyJWTError, ValueError, TypeError):
            raise TokenInvalid() from None
        _remember(self._remembered, token, float(claims["exp"]) + LEEWAY_SECONDS, caller)
        return caller

    async def check(self) -> None:
        """Raise KeysUnavailable unless signing keys are known."""
        if not self._keys:
            await self._refresh()

    def _renew_meanwhile(self) -> None:
        """Fetch the keys beside the request: those who come with remembered tokens only must not outlive a key."""
        now = time.monotonic()
        if now - self._renewed_at > KEYS_MIN_REFRESH_SECONDS and (self._renewing is None or self._renewing.done()):
            self._renewed_at = now
            self._renewing = asyncio.create_task(self._renew_quietly())

    async def _renew_quietly(self) -> None:
        with contextlib.suppress(Unavailable):
            await self._refresh()

    async def _key(self, kid: str) -> Any:
        age = time.monotonic() - self._fetched_at
        if (kid not in self._keys and age > KEYS_MIN_REFRESH_SECONDS) or age > KEYS_MAX_AGE_SECONDS:
            try:
                await self._refresh()
            except Unavailable:
                if kid not in self._keys:
                    raise
        if kid not in self._keys:
            raise TokenInvalid()
        return self._keys[kid]

    async def _refresh(self) -> None:
        asked_at = time.monotonic()
        async with self._fetching:
            if self._fetched_at > asked_at:
                return
            try:
                document = await self._fetch_keys()
            except Unavailable as error:
                raise KeysUnavailable() from error
            self._keys = {key.key_id: key.key for key in jwt.PyJWKSet.from_dict(document).keys if key.key_id}
            # A key that is gone takes the tokens it signed with it.
            self._remembered.clear()
            self._fetched_at = time.monotonic()


class ServiceIdentity:
    """Signs this service's own calls and checks those of the other services (EdDSA; one key pair each)."""

    def __init__(self, service: str, directory: Path) -> None:
        """Read `<service>.key` and, when needed, `<other>.pub` (PEM) in `directory`."""
        self._service = service
        self._directory = directory
        self._private = (directory / f"{service}.key").read_text()
        self._public: dict[str, str] = {}
        self._own: dict[str, tuple[float, str]] = {}
        self._remembered: dict[str, tuple[float, Caller]] = {}

    def token(self, tenant: str) -> str:
        """Return a token that says who is calling for which tenant; reused for half of its life."""
        now = unix_now()
        own = self._own.get(tenant)
        # One from the future was made while the clock was ahead, and nobody believes it.
        if own is None or not 0 <= now - own[0] < SERVICE_TOKEN_SECONDS / 2:
            claims = {
                "iss": self._service,
                "aud": SERVICE_AUDIENCE,
                "tenant": tenant,
                "iat": int(now),
                "exp": int(now) + SERVICE_TOKEN_SECONDS,
            }
            own = (now, jwt.encode(claims, self._private, algorithm="EdDSA"))
            self._own[tenant] = own
        return own[1]

    def verify(self, token: str) -> Caller:
        """Return the service behind `token`. Raises TokenInvalid."""
        remembered = self._remembered.get(token)
        if remembered is not None and remembered[0] > unix_now():
            return remembered[1]
        try:
            unverified = jwt.decode(token, options={"verify_signature": False})
            claims = jwt.decode(
                token,
                self._public_key(str(unverified.get("iss"))),
                algorithms=["EdDSA"],
                audience=SERVICE_AUDIENCE,
                leeway=LEEWAY_SECONDS,
                options=_OF_SERVICES,
            )
            _check_times(claims)
        except (jwt.PyJWTError, ValueError, TypeError, OSError):
            raise TokenInvalid() from None
        caller = Caller(kind="service", tenant=str(claims["tenant"]), service=str(claims["iss"]))
        _remember(self._remembered, token, float(claims["exp"]), caller)
        return caller

    def _public_key(self, service: str) -> str:
        if service not in self._public:
            if not service.replace("-", "").isalnum():
                raise TokenInvalid()
            self._public[service] = (self._directory / f"{service}.pub").read_text()
        return self._public[service]


def _check_times(claims: dict[str, Any]) -> None:
    """Raise TokenInvalid where the token has expired, or was made later than now (RFC 7519 §4.1.4, §4.1.6)."""
    now = unix_now()
    if float(claims["exp"]) <= now - LEEWAY_SECONDS or float(claims.get("iat", 0)) > now + LEEWAY_SECONDS:
        raise TokenInvalid()


def _remember(memory: dict[str, tuple[float, Caller]], token: str, until: float, caller: Caller) -> None:
    # The oldest come first and run out first: without this, 20,000 dead tokens would be kept.
    while memory and (len(memory) >= _REMEMBERED or next(iter(memory.values()))[0] < time.time()):
        memory.pop(next(iter(memory)))
    memory[token] = (until, caller)
