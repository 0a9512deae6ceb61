"""One provider of OpenID Connect: where to send a visitor, and who it says they are (authorization code with PKCE).

Nothing that a provider says is believed before its ID token's signature, issuer, audience, expiry and nonce are right.
"""

import base64
import hashlib
import hmac
import logging
import time
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
import jwt
import msgspec

from jangteo.kit.errors import Unavailable
from jangteo.user.domain.identity import OidcRefused
from jangteo.user.oidc.presets import ProviderSettings

log = logging.getLogger(__name__)

LEEWAY_SECONDS = 60
_PATIENCE = aiohttp.ClientTimeout(total=8, connect=3)
_MAX_ANSWER = 256 * 1024
_MAX_AGE_SECONDS = 3600.0
_KEYS_MIN_REFRESH_SECONDS = 5.0
# Signed by a key that only the provider has: neither "none" nor a secret that we have, too.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")


class ProviderUnavailable(Unavailable):
    """The provider does not answer, or answers nonsense."""

    code = "oidc.unavailable"
    ko = "외부 로그인 서비스가 잠시 응답하지 않습니다. 잠시 후 다시 시도해 주세요."
    en = "The log-in provider does not answer just now. Please try again in a moment."


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody is, in the provider's words; the subject is theirs for good."""

    subject: str
    email: str | None
    email_verified: bool
    name: str | None


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What we use of a discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""


class Provider:
    """A provider as this process knows it; what it published is remembered for an hour."""

    def __init__(self, settings: ProviderSettings, http: aiohttp.ClientSession) -> None:
        self.settings = settings
        self._http = http
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: dict[str, Any] = {}
        self._keys_at = float("-inf")

    async def authorization_url(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Return where to send the visitor. Raises ProviderUnavailable."""
        metadata = await self._described()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.settings.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        separator = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return metadata.authorization_endpoint + separator + urlencode(asked)

    async def redeem(self, code: str, redirect_uri: str, nonce: str, verifier: str) -> Claims:
        """Return who `code` stands for. Raises OidcRefused, ProviderUnavailable."""
        metadata = await self._described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers, client = {}, (self.settings.client_id, self.settings.client_secret)
        if self.settings.client_auth == "basic":
            # RFC 6749 §2.3.1: each is encoded as in a form first.
            pair = ":".join(map(quote_plus, client)).encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        else:
            form["client_id"], form["client_secret"] = client
        answer = await self._ask("POST", metadata.token_endpoint, data=form, headers=headers)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str) or not isinstance(access, str):
            raise OidcRefused()
        told = await self._checked(token, access, nonce, metadata)
        said = told if self.settings.claims == "id_token" else await self._userinfo(metadata, access, told["sub"])
        return _claims(str(told["sub"]), said)

    async def _checked(self, token: str, access: str, nonce: str, metadata: Metadata) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = str(header.get("alg"))
            key = await self._key(header.get("kid"), metadata)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(_ALGORITHMS),
                audience=self.settings.client_id,
                issuer=metadata.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            log.warning("an ID token of %s was refused: %s", self.settings.issuer, error)
            raise OidcRefused() from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.settings.client_id:
            raise OidcRefused()
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            log.warning("an ID token of %s was made for another log-in", self.settings.issuer)
            raise OidcRefused()
        if "at_hash" in claims and claims["at_hash"] != _half_hash(access, algorithm):
            raise OidcRefused()
        return claims

    async def _userinfo(self, metadata: Metadata, access: str, subject: str) -> dict[str, Any]:
        answer = await self._ask("GET", metadata.userinfo_endpoint, headers={"Authorization": f"Bearer {access}"})
        if within := self.settings.userinfo_within:
            inner = answer.get(within)
            return inner if isinstance(inner, dict) else {}
        # OpenID Connect Core §5.3.2: else the answer may be about somebody else.
        if answer.get("sub") != subject:
            raise OidcRefused()
        return answer

    async def _key(self, kid: Any, metadata: Metadata) -> Any:
        age = time.monotonic() - self._keys_at
        if age > _MAX_AGE_SECONDS or (kid not in self._keys and age > _KEYS_MIN_REFRESH_SECONDS):
            document = await self._ask("GET", metadata.jwks_uri)
            found = jwt.PyJWKSet.from_dict(document).keys
            self._keys = {str(key.key_id): key for key in found if key.public_key_use in (None, "sig")}
            self._keys_at = time.monotonic()
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if str(kid) not in self._keys:
            raise OidcRefused()
        return self._keys[str(kid)]

    async def _described(self) -> Metadata:
        if self._metadata is not None and self._metadata[0] > time.monotonic():
            return self._metadata[1]
        document = await self._ask("GET", self.settings.discovery_url)
        try:
            metadata = msgspec.convert(document, Metadata)
        except msgspec.ValidationError as error:
            raise ProviderUnavailable() from error
        # OpenID Connect Discovery §4.3: else another provider could speak for this one.
        if metadata.issuer != self.settings.issuer:
            log.error("the provider at %s calls itself %s", self.settings.issuer, metadata.issuer)
            raise ProviderUnavailable()
        self._metadata = (time.monotonic() + _MAX_AGE_SECONDS, metadata)
        return metadata

    async def _ask(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        try:
            async with self._http.request(method, url, timeout=_PATIENCE, allow_redirects=False, **how) as answer:
                raw, status = b"", answer.status
                async for piece in answer.content.iter_chunked(_MAX_ANSWER):
                    raw += piece
                    if len(raw) > _MAX_ANSWER:
                        raise ProviderUnavailable()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.warning("the log-in provider %s does not answer: %s", self.settings.issuer, type(error).__name__)
            raise ProviderUnavailable() from error
        if status >= 500:
            raise ProviderUnavailable()
        if status != 200:
            log.warning("the log-in provider %s answered %s", self.settings.issuer, status)
            raise OidcRefused()
        try:
            decoded: dict[str, Any] = msgspec.json.decode(raw, type=dict[str, Any])
            return decoded
        except msgspec.DecodeError as error:
            raise ProviderUnavailable() from error


def _claims(subject: str, said: dict[str, Any]) -> Claims:
    email, name = said.get("email"), said.get("name") or said.get("nickname")
    # Some say it as a word; whatever is not plainly true is not verified.
    verified = said.get("email_verified") in (True, "true")
    return Claims(
        subject=subject,
        email=email if isinstance(email, str) and email else None,
        email_verified=verified and isinstance(email, str),
        name=name if isinstance(name, str) and name else None,
    )


def _half_hash(access: str, algorithm: str) -> str:
    # OpenID Connect Core §3.1.3.6: by the hash function of the signature.
    name = {"256": "sha256", "384": "sha384", "512": "sha512"}.get(algorithm[-3:], "sha512")
    digest = hashlib.new(name, access.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
