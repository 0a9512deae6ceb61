"""What keeps other sites out: tokens in forms, the origin of a post, and a policy that lets nothing in but our own.

A token is the visitor's own secret behind a mask that is another each time, so that a compressed page tells nothing.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping

FIELD = "form_token"
HEADER = "x-form-token"
_BYTES = 16
_SAME = (b"same-origin", b"none")

# Not no-referrer: a browser then says `Origin: null` of our own forms.
SECURITY = {
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(self), interest-cohort=()",
}


def token(key: bytes) -> str:
    """Return a token for a form of the visitor with `key` (16 bytes)."""
    mask = secrets.token_bytes(_BYTES)
    return base64.urlsafe_b64encode(mask + _exclusive_or(mask, key)).decode().rstrip("=")


def key_of(told: str) -> bytes:
    """Return the key that a cookie tells in hex; what is none becomes one that nobody has a token of."""
    try:
        key = bytes.fromhex(told)
    except ValueError:
        key = b""
    return key if len(key) == _BYTES else secrets.token_bytes(_BYTES)


def holds(given: str, key: bytes) -> bool:
    """Return whether `given` is a token for the visitor with `key`."""
    try:
        raw = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
    except ValueError:
        return False
    return len(raw) == 2 * _BYTES and hmac.compare_digest(_exclusive_or(raw[:_BYTES], raw[_BYTES:]), key)


def is_from_here(headers: Mapping[bytes, bytes]) -> bool:
    """Return whether a post comes from a page of the address that it goes to, as far as the browser says."""
    site = headers.get(b"sec-fetch-site")
    if site is not None and site not in _SAME:
        return False
    origin = headers.get(b"origin")
    return origin is None or origin.partition(b"://")[2] == headers.get(b"host")


def content_policy(*, frames: str = "", posts_to: str = "", pictures: str = "") -> str:
    """Return the Content-Security-Policy: everything from here, but for what a page names.

    `frames`, `posts_to` and `pictures` are origins beside our own: of a payment provider, say.
    """
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
        f"img-src 'self' data: {pictures}; manifest-src 'self'; worker-src 'self'; frame-src 'self' {frames}; "
        f"form-action 'self' {posts_to}; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )


def _exclusive_or(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
