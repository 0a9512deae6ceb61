"""What a key provider is: the contract that all of them keep."""

from typing import NamedTuple, Protocol

from jangteo.kit.errors import Unavailable


class KeyProviderUnavailable(Unavailable):
    """The holder of the master key does not answer, or does not let us in."""

    code = "keys.provider_unavailable"


class KeyUnknown(Unavailable):
    """The master key that wrapped a tenant key is not to be had: a wrong file, a deleted key, a missing setting."""

    code = "keys.unknown"


class Wrapped(NamedTuple):
    """A tenant key under a master key: under which, in which version (0: the provider keeps that to itself)."""

    provider_key: str
    provider_version: int
    blob: bytes


class KeyProvider(Protocol):
    """Wraps and unwraps tenant keys of 32 bytes; `bound_to` must be the same for both."""

    async def wrap(self, key: bytes, bound_to: bytes) -> Wrapped:
        """Wrap under the newest version. Raises KeyProviderUnavailable."""
        ...

    async def unwrap(self, wrapped: Wrapped, bound_to: bytes) -> bytes:
        """Return the key. Raises KeyUnknown, KeyProviderUnavailable."""
        ...

    async def newest(self) -> tuple[str, int]:
        """Return key and version under which `wrap` would wrap now. Raises KeyProviderUnavailable."""
        ...

    def owns(self, provider_key: str) -> bool:
        """Say whether this provider made what carries `provider_key`."""
        ...

    def first_master_key(self) -> bytes | None:
        """Return the oldest master key itself, where it is here to be had."""
        ...
