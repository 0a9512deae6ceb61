"""Master keys that this process holds itself, from a file or from its environment: for development and small shops.

One key a line (or between commas): `VERSION:BASE64` of 32 bytes; the highest version wraps, all unwrap. A line without
a version is version 1.
"""

import base64
import binascii
import logging
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from jangteo.kit.privacy.providers.provider import KeyUnknown, Wrapped
from jangteo.kit.privacy.sealing import KEY_BYTES, Cipher, Unreadable

log = logging.getLogger(__name__)

_LOCAL = "local"


class LocalProvider:
    """Wraps with AES-256-GCM under the newest of its keys."""

    def __init__(self, read: Callable[[], str]) -> None:
        """`read` returns the keys' text; it is asked again when a version is unknown. Raises ValueError."""
        self._read = read
        self._text = read()
        self._keys = parse_keys(self._text)

    async def wrap(self, key: bytes, bound_to: bytes) -> Wrapped:
        """Wrap under the newest version."""
        _, version = await self.newest()
        return Wrapped(_LOCAL, version, Cipher(self._keys[version]).seal(key, bound_to))

    async def unwrap(self, wrapped: Wrapped, bound_to: bytes) -> bytes:
        """Return the key. Raises KeyUnknown where the version is missing, or is not the key that wrapped it."""
        if wrapped.provider_version not in self._keys:
            self._take()
        try:
            return Cipher(self._keys[wrapped.provider_version]).unseal(wrapped.blob, bound_to)
        except KeyError:
            raise KeyUnknown(key=f"master key {wrapped.provider_version}") from None
        except Unreadable:
            raise KeyUnknown(key=f"master key {wrapped.provider_version}: another key has its number") from None

    async def newest(self) -> tuple[str, int]:
        """Return the newest version; it may have been added a moment ago."""
        self._take()
        return _LOCAL, max(self._keys)

    def owns(self, provider_key: str) -> bool:
        """Say whether a local key wrapped it."""
        return provider_key == _LOCAL

    def first_master_key(self) -> bytes | None:
        """Return the oldest key."""
        return self._keys[min(self._keys)]

    def _take(self) -> None:
        try:
            text = self._read()
            if text != self._text:
                self._keys, self._text = parse_keys(text), text
        except ValueError as error:
            log.warning("the master keys could not be read again, the known ones stay in use: %s", error)


def parse_keys(text: str) -> dict[int, bytes]:
    """Return version -> key. Raises ValueError, never repeating what may be a secret."""
    keys: dict[int, bytes] = {}
    for number, entry in enumerate(text.replace(",", "\n").split(), start=1):
        version, _, encoded = entry.rpartition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES or not (version or "1").isdecimal() or int(version or "1") < 1:
            raise ValueError(f"master key {number} is not VERSION:BASE64 of {KEY_BYTES} bytes")
        if int(version or "1") in keys:
            raise ValueError(f"master key {number} has the version of another one")
        keys[int(version or "1")] = key
    if not keys:
        raise ValueError("there is no master key")
    return keys


def open_file(address: str) -> LocalProvider:
    """Open `file:///path`. Raises ValueError where it cannot be read or holds something else."""
    parts = urlsplit(address)
    if parts.netloc or not parts.path.startswith("/") or parts.query:
        raise ValueError("a file is named file:///absolute/path")
    path = Path(unquote(parts.path))

    def read() -> str:
        try:
            return path.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'not text'}") from None

    return LocalProvider(read)


def open_environment(address: str) -> LocalProvider:
    """Open `env:NAME`. Raises ValueError where the variable is missing or holds something else."""
    name = address.partition(":")[2]
    if name not in os.environ:
        raise ValueError(f"the variable {name or 'NAME'} of env:NAME is not set")
    return LocalProvider(lambda: os.environ[name])
