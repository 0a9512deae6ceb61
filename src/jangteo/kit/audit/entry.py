"""What an entry says, and the keys that chain it and seal what in it is personal data itself."""

import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from uuid import UUID

import msgspec

from jangteo.kit.auth import Caller
from jangteo.kit.errors import Invalid
from jangteo.kit.privacy.sealing import Cipher

MIN_REASON, MAX_REASON = 5, 500
OPERATOR = "operator"
_ORIGIN, _REASON = b"audit.origin", b"audit.reason"


class ReasonInvalid(Invalid):
    """Personal data is shown for a reason only, and it must be possible to review it."""

    code = "reason.invalid"
    ko = "사유를 {min}자 이상 {max}자 이하로 적어 주세요."
    en = "Give a reason of {min} to {max} characters."


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One action. `by` is None for an operator at the machine itself.

    `on` names the thing, such as `order:` and its id; `person` is the member whose data it is. `details` and `on` are
    stored in clear: ids, numbers and names of settings, never personal data. `reason` is sealed.
    """

    by: Caller | None
    action: str
    on: str = ""
    person: UUID | None = None
    reason: str = ""
    details: Mapping[str, str | int | bool | list[str]] = {}

    @property
    def actor(self) -> str:
        """Return who acted: `member:` and an id, `service:` and a name, or `operator`."""
        if self.by is None:
            return OPERATOR
        return f"service:{self.by.service}" if self.by.kind == "service" else f"member:{self.by.member_id}"


class Key:
    """One audit key of one service: chains its entries, and seals reasons and network addresses in them."""

    def __init__(self, text: str) -> None:
        secret = text.encode()
        self.id = hashlib.sha256(b"jangteo.audit.id:" + secret).hexdigest()[:16]
        self._chain = hmac.digest(secret, b"jangteo.audit.chain", "sha256")
        self._cipher = Cipher(hmac.digest(secret, b"jangteo.audit.seal", "sha256"))

    def digest(self, content: bytes) -> bytes:
        """Return the keyed digest (HMAC-SHA-256) of an entry's content."""
        return hmac.digest(self._chain, content, "sha256")

    def seal(self, text: str, what: bytes) -> str:
        """Return `text` encrypted, "" for nothing."""
        return base64.b64encode(self._cipher.seal(text.encode(), what)).decode() if text else ""

    def unseal(self, sealed: str, what: bytes) -> str:
        """Return what was sealed. Raises ValueError where it was changed."""
        return self._cipher.unseal(base64.b64decode(sealed), what).decode() if sealed else ""

    def seal_origin(self, address: str) -> str:
        """Return a network address, sealed."""
        return self.seal(address, _ORIGIN)

    def seal_reason(self, reason: str) -> str:
        """Return a reason, sealed."""
        return self.seal(reason, _REASON)

    def unseal_origin(self, sealed: str) -> str:
        """Return the network address. Raises ValueError."""
        return self.unseal(sealed, _ORIGIN)

    def unseal_reason(self, sealed: str) -> str:
        """Return the reason. Raises ValueError."""
        return self.unseal(sealed, _REASON)


class Keys:
    """The audit keys of a service: the newest, which is used, and former ones, by which old entries are checked."""

    def __init__(self, text: str) -> None:
        """`text` holds the keys, the newest first, parted by commas. Raises ValueError where there is none."""
        keys = [Key(part) for part in (part.strip() for part in text.split(",")) if part]
        if not keys:
            raise ValueError("there is no audit key")
        self.newest = keys[0]
        self._by_id = {key.id: key for key in keys}

    def get(self, id: str) -> Key | None:
        """Return a key by its id, or None."""
        return self._by_id.get(id)


def reason_given(text: str) -> str:
    """Return a reason in NFC with single spaces. Raises ReasonInvalid for one that is none."""
    reason = " ".join(unicodedata.normalize("NFC", text).split())
    if not MIN_REASON <= len(reason) <= MAX_REASON or not reason.isprintable() or len(set(reason)) < 3:
        raise ReasonInvalid(field="reason", min=MIN_REASON, max=MAX_REASON)
    return reason
