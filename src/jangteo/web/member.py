"""The member behind a visit, as the log-in told it: who, and what the token allows."""

import base64
import time
from uuid import UUID

import msgspec

_EARLY_SECONDS = 20.0  # before it runs out, a token is renewed


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """What pages say of the member to the member."""

    id: UUID
    email: str
    name: str
    email_verified: bool = True


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """What POST /v1/sessions and its relatives answer."""

    access_token: str
    refresh_token: str
    expires_in: int
    member: Member
    second_factor_missing: bool = False
    consents_due: list[str] = []


class _Claims(msgspec.Struct):
    scope: str = ""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What the session keeps of a log-in; `ends_at` is in seconds since 1970."""

    access_token: str
    refresh_token: str
    ends_at: float
    member: Member
    permissions: frozenset[str]
    second_factor_missing: bool = False

    @classmethod
    def of(cls, opened: Session) -> "Tokens":
        """Read what was answered. What the token allows is read, not checked: whoever acts on it checks it."""
        payload = opened.access_token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)
        return cls(
            access_token=opened.access_token,
            refresh_token=opened.refresh_token,
            ends_at=time.time() + opened.expires_in,
            member=opened.member,
            permissions=frozenset(claims.scope.split()),
            second_factor_missing=opened.second_factor_missing,
        )

    def spent(self) -> "Tokens":
        """Return the same, to be renewed before the next call."""
        return msgspec.structs.replace(self, ends_at=0.0)

    def is_spent(self) -> bool:
        """Return whether the access token has run out, or is about to."""
        return time.time() > self.ends_at - _EARLY_SECONDS
