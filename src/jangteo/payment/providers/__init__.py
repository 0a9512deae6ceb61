"""Payment providers: one interface, an adapter each, chosen by the name that an attempt carries."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from jangteo.kit.settings import SettingsError
from jangteo.payment.providers.interface import Provider
from jangteo.payment.settings import PaymentSettings

Providers = Mapping[str, Provider]


class ProviderNotKnown(SettingsError):
    """The settings name a provider that nobody has written an adapter for."""


def _sandbox(settings: PaymentSettings, session: aiohttp.ClientSession) -> Provider:
    from jangteo.payment.providers.sandbox import SandboxProvider

    return SandboxProvider(settings, session)


_ADAPTERS: dict[str, Callable[[PaymentSettings, aiohttp.ClientSession], Provider]] = {"sandbox": _sandbox}


@asynccontextmanager
async def open_providers(settings: PaymentSettings) -> AsyncIterator[Providers]:
    """Open the providers that are on, on one session that keeps its connections. Raises ProviderNotKnown."""
    unknown = set(settings.provider_names()) - set(_ADAPTERS)
    if unknown:
        raise ProviderNotKnown(f"JANGTEO_PROVIDERS: no payment provider is called {', '.join(sorted(unknown))}")
    async with _session(settings.provider_timeout) as session:
        yield {name: _ADAPTERS[name](settings, session) for name in settings.provider_names()}


def _session(timeout: float) -> Any:
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=min(timeout, 2.0)),
        connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=60, ttl_dns_cache=300),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("User-Agent", "Accept-Encoding", "Accept"),
    )
