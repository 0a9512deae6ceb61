"""Makes the two tokens of a session: a short one that everybody can check, and one that renews it."""

import base64
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

import jwt

from jangteo.kit.auth import AUDIENCE, ISSUER
from jangteo.kit.clock import Clock
from jangteo.kit.ids import new_id
from jangteo.kit.privacy import Vault
from jangteo.user.domain.session import RefreshInvalid
from jangteo.user.keys import KeyRing

_SESSION_BYTES, _TURN_BYTES, _SEAL_BYTES = 16, 4, 32
REFRESH_TOKEN = "refresh_token"  # noqa: S105


class Turn(NamedTuple):
    """What a refresh token says: which session, and which of its turns."""

    session: UUID
    number: int


class Tokens:
    """Signs access tokens and seals refresh tokens."""

    def __init__(self, ring: KeyRing, vault: Vault, clock: Clock, *, seconds: int) -> None:
        """`seconds` is how long an access token lives."""
        self._ring = ring
        self._vault = vault
        self._clock = clock
        self.seconds = seconds

    def access(self, *, tenant: str, member: UUID, session: UUID, permissions: Iterable[str], version: int = 0) -> str:
        """Return an access token (JWT, RS256) of the member's token `version`. Raises KeysMissing."""
        key = self._ring.signer()
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(member),
            "tenant": tenant,
            "sid": str(session),
            "scope": " ".join(sorted(permissions)),
            "ver": version,
            "iat": now,
            "exp": now + self.seconds,
            "jti": new_id().hex,
        }
        return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": str(key.id)})

    async def refresh(self, tenant: str, turn: Turn) -> str:
        """Return the refresh token of a turn: the same one every time, so that a lost answer can be given again."""
        said = turn.session.bytes + turn.number.to_bytes(_TURN_BYTES)
        seal = await self._vault.sign(tenant, REFRESH_TOKEN, said.hex())
        return base64.urlsafe_b64encode(said + seal).rstrip(b"=").decode()

    async def read_refresh(self, tenant: str, token: str) -> Turn:
        """Return what a refresh token of `tenant` says. Raises RefreshInvalid."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise RefreshInvalid(field="refresh_token") from None
        said, seal = raw[: _SESSION_BYTES + _TURN_BYTES], raw[_SESSION_BYTES + _TURN_BYTES :]
        if len(seal) != _SEAL_BYTES or not await self._vault.is_signed(tenant, REFRESH_TOKEN, said.hex(), seal):
            raise RefreshInvalid(field="refresh_token")
        return Turn(UUID(bytes=said[:_SESSION_BYTES]), int.from_bytes(said[_SESSION_BYTES:]))
