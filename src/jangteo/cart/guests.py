"""The token that makes a browser the owner of a guest's cart: random, sealed for its shop, worthless elsewhere."""

import hashlib
import hmac
import secrets

from jangteo.kit.errors import Invalid

_ID_BYTES = 16


class CartTokenInvalid(Invalid):
    """The X-Cart-Token header is not one that was given out by this shop."""

    code = "cart_token.invalid"
    ko = "장바구니 토큰이 올바르지 않습니다."
    en = "The cart token is not valid."


class Guests:
    """Makes and reads the tokens."""

    def __init__(self, secret: str, previous_secret: str = "") -> None:
        """`secret` seals; tokens under `previous_secret` are read as well. Raises ValueError for a short one."""
        if len(secret) < 16:
            raise ValueError("the secret must have 16 characters at least")
        self._secrets = [text.encode() for text in (secret, previous_secret) if text]

    def new_id(self) -> str:
        """Return the id of a new guest's cart."""
        return secrets.token_urlsafe(_ID_BYTES)

    def token(self, tenant: str, id: str) -> str:
        """Return the token of the cart `id`."""
        return f"{id}.{_seal(self._secrets[0], tenant, id)}"

    def read(self, tenant: str, token: str) -> str | None:
        """Return the id in `token`, or None where it was not made here for this tenant."""
        id, _, seal = token.partition(".")
        if not token.isascii():
            return None
        if any(hmac.compare_digest(seal, _seal(secret, tenant, id)) for secret in self._secrets):
            return id
        return None


def _seal(secret: bytes, tenant: str, id: str) -> str:
    return hmac.new(secret, f"{tenant}:{id}".encode(), hashlib.sha256).hexdigest()
