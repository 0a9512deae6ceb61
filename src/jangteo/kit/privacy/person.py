"""The key of one person: what it seals is readable as long as it exists, and by nothing else."""

import base64
import hashlib
import hmac
from uuid import UUID

from jangteo.kit.errors import NotFound
from jangteo.kit.privacy.sealing import Cipher, Unreadable


class PersonErased(NotFound):
    """The person's key is destroyed; what it protected cannot be read any more."""

    code = "person.erased"
    ko = "삭제된 개인정보입니다."
    en = "This personal data was erased."


class PersonKey:
    """Encrypts and decrypts the data of one person."""

    def __init__(self, key: bytes, person: UUID) -> None:
        self._key = key
        self._cipher = Cipher(key)
        self._person = person.bytes

    def encrypt(self, text: str, purpose: str) -> str:
        """Return `text` encrypted (AES-256-GCM, base64). `purpose`, such as `address.phone`, is bound to it."""
        return base64.b64encode(self._cipher.seal(text.encode(), self._person + purpose.encode())).decode()

    def decrypt(self, sealed: str, purpose: str) -> str:
        """Return the text. Raises ValueError where it was changed, or was sealed for another purpose or person."""
        try:
            return self._cipher.unseal(base64.b64decode(sealed), self._person + purpose.encode()).decode()
        except Unreadable:
            raise ValueError(f"the ciphertext does not belong to {purpose} of this person") from None

    def digest(self, text: str, purpose: str) -> bytes:
        """Return a keyed digest that tells equal texts of this person; no rotation changes it, erasure ends it."""
        return hmac.new(self._key, purpose.encode() + b"\0" + text.encode(), hashlib.sha256).digest()
