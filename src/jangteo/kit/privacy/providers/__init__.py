"""Who holds the master key: a file, the environment, HashiCorp Vault or AWS KMS, chosen by one address.

A provider wraps and unwraps tenant keys and does nothing else. What it wrapped carries the provider's key and version,
so that a newer one can be told from an older, and one provider from another.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from jangteo.kit.privacy.providers.kms import open_kms
from jangteo.kit.privacy.providers.local import open_environment, open_file
from jangteo.kit.privacy.providers.provider import KeyProvider, KeyProviderUnavailable, KeyUnknown, Wrapped
from jangteo.kit.privacy.providers.transit import open_transit
from jangteo.kit.settings import SettingsError

__all__ = ["KeyProvider", "KeyProviderUnavailable", "KeyUnknown", "Keyholders", "Wrapped", "open_keyholders"]

_FORMS = "file:///path, env:NAME, vault://host:8200/transit/name, aws-kms:KEY?region=REGION"


class Keyholders:
    """The provider that wraps, and the one before it, which still unwraps."""

    def __init__(self, present: KeyProvider, former: KeyProvider | None = None) -> None:
        self.present = present
        self._all = [present, former] if former else [present]

    async def wrap(self, key: bytes, bound_to: bytes) -> Wrapped:
        """Wrap under the newest master key. Raises KeyProviderUnavailable."""
        return await self.present.wrap(key, bound_to)

    async def unwrap(self, wrapped: Wrapped, bound_to: bytes) -> bytes:
        """Return the key. Raises KeyUnknown where no provider has the master key, KeyProviderUnavailable."""
        for provider in self._all:
            if provider.owns(wrapped.provider_key):
                return await provider.unwrap(wrapped, bound_to)
        raise KeyUnknown(key=f"{wrapped.provider_key} (JANGTEO_FORMER_KEY_PROVIDER)")

    def first_master_key(self) -> bytes:
        """Return the master key of which tenant keys were once derived. Raises KeyUnknown."""
        for provider in self._all:
            if (key := provider.first_master_key()) is not None:
                return key
        raise KeyUnknown(key="the master key of which the tenant keys were derived (JANGTEO_FORMER_KEY_PROVIDER)")


@asynccontextmanager
async def open_keyholders(address: str, former: str = "") -> AsyncIterator[Keyholders]:
    """Open the provider at `address`, and the `former` one. Raises SettingsError where an address is no good."""
    async with AsyncExitStack() as stack:
        present = await _open(stack, "JANGTEO_KEY_PROVIDER", address)
        before = await _open(stack, "JANGTEO_FORMER_KEY_PROVIDER", former) if former else None
        yield Keyholders(present, before)


async def _open(stack: AsyncExitStack, setting: str, address: str) -> KeyProvider:
    scheme = address.partition(":")[0]
    try:
        if scheme == "file":
            return open_file(address)
        if scheme == "env":
            return open_environment(address)
        if scheme in ("vault", "vault+http"):
            return await stack.enter_async_context(open_transit(address))
        if scheme == "aws-kms":
            return await open_kms(address)
    except ValueError as error:
        raise SettingsError(f"{setting}: {error}") from None
    raise SettingsError(f"{setting}: one of {_FORMS} is expected")
