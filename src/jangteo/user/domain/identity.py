"""Log-in by another provider (OpenID Connect): when an account there is believed to be a member here.

    start ─▶ STARTED ── code, state ──▶ known account ─────────────────────────▶ session
                │                   ├─▶ same e-mail, verified at both ends ────▶ linked, session
                │                   ├─▶ same e-mail, not so sure ─▶ PASSWORD ──▶ linked, session
                │                   └─▶ nobody yet ───────────────▶ CONSENTS ──▶ new member, session
                └─ 10 minutes, or a second use ─▶ over

An address that only one side has verified links nothing by itself: whoever signed up first with somebody else's
address, here or there, would get into that person's account.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import NamedTuple, Self
from uuid import UUID

from jangteo.kit.errors import Conflict, Invalid, NotFound, Unauthenticated

LOGIN_LIFE = timedelta(minutes=10)
_SECRET_BYTES = 32
_ID_BYTES = 16


class ProviderUnknown(NotFound):
    """This shop offers no log-in by that provider."""

    code = "oidc.provider_unknown"
    ko = "지원하지 않는 로그인 방법입니다."
    en = "There is no log-in by this provider."


class RedirectUriRefused(Invalid):
    """Not one of the addresses that the shop has listed."""

    code = "oidc.redirect_uri"
    ko = "허용되지 않은 redirect_uri입니다."
    en = "This redirect_uri is not on the list."


class OidcRefused(Unauthenticated):
    """What came back from the provider does not belong to this log-in, or proves nothing."""

    code = "oidc.refused"
    ko = "외부 로그인을 확인할 수 없습니다. 처음부터 다시 시도해 주세요."
    en = "The log-in could not be confirmed. Please begin again."


class IdentityTaken(Conflict):
    """The account at the provider belongs to another member, or this member has another one there."""

    code = "identity.taken"
    ko = "이미 다른 계정에 연결되어 있습니다."
    en = "It is linked already, to another account."


class IdentityUnknown(NotFound):
    """The member has no account of that provider linked."""

    code = "identity.unknown"
    ko = "연결되지 않은 로그인 방법입니다."
    en = "No account of this provider is linked."


class LastWayIn(Conflict):
    """Without it the member could never log in again."""

    code = "identity.last_way_in"
    ko = "비밀번호를 먼저 설정해 주세요. 마지막 로그인 방법은 해제할 수 없습니다."
    en = "This is the last way to log in: please set a password first."


class Attempt(NamedTuple):
    """A log-in under way, as its visitor's browser holds it; all that goes to the provider is made from its secret."""

    id: UUID
    secret: bytes

    @classmethod
    def new(cls, id: UUID) -> Self:
        """Return a new attempt."""
        return cls(id, secrets.token_bytes(_SECRET_BYTES))

    @classmethod
    def of(cls, token: str) -> Self:
        """Return the attempt that `token` holds. Raises OidcRefused."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise OidcRefused(field="login_token") from None
        if len(raw) != _ID_BYTES + _SECRET_BYTES:
            raise OidcRefused(field="login_token")
        return cls(UUID(bytes=raw[:_ID_BYTES]), raw[_ID_BYTES:])

    @property
    def token(self) -> str:
        """Return what the visitor's browser keeps; it never goes through the provider."""
        return _text(self.id.bytes + self.secret)

    @property
    def digest(self) -> bytes:
        """Return what is stored of the secret."""
        return hashlib.sha256(self.secret).digest()

    def derived(self, what: str) -> str:
        """Return the `state`, `nonce` or `verifier` of this log-in: 43 characters (RFC 7636 §4.1)."""
        return _text(hmac.digest(self.secret, what.encode(), "sha256"))

    def is_state(self, state: str) -> bool:
        """Say whether the answer of the provider belongs to this browser's log-in."""
        return hmac.compare_digest(self.derived("state").encode(), state.encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
