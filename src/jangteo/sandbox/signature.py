"""How a provider proves that a webhook is its own: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." + body>`."""

import hashlib
import hmac

HEADER = "Sandbox-Signature"


def sign(secret: str, body: bytes, at: float) -> str:
    """Return the header's value for `body` sent at `at` (unix seconds)."""
    stamp = str(int(at))
    return f"t={stamp},v1={_digest(secret, stamp, body)}"


def forge(body: bytes, at: float) -> str:
    """Return a value of the right form that no secret made, as an attacker would send it."""
    return sign(f"not the secret {at}", body, at)


def _digest(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
