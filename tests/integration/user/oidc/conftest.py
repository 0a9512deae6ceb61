"""A shop with providers of OpenID Connect, and one of these, real, in a process of its own."""

import httpx
import msgspec
import pytest

from jangteo.user.main import assemble
from tests.integration.user.oidc.world import BACK, Person


@pytest.fixture(scope="session")
def provider(login_provider):
    """The provider, and its client of the test's making."""
    return login_provider


@pytest.fixture(scope="session")
async def shop(provider, settings):
    """The service of a mall with three such providers: as Google is, as Kakao and as Naver."""
    own = {
        **{"issuer": provider, "client_id": "the-shop", "client_secret": "the-secret-of-the-shop"},
        "redirect_uris": [BACK, "https://shop.example/app"],
    }
    providers = {
        "google": own,
        # Each preset's own way of telling claims; the address of the provider is the test's.
        "kakao": {**own, "client_auth": "basic", "scope": "openid profile email"},
        "naver": own,
        "elsewhere": {**own, "tenants": ["elsewhere"]},
    }
    told = msgspec.structs.replace(settings, oidc_providers=msgspec.json.encode(providers).decode())
    async with assemble(told) as application:
        yield application


@pytest.fixture
async def outside(provider):
    """How the test speaks to the provider."""
    async with httpx.AsyncClient(base_url=provider) as http:
        yield http
        await http.put("/mischief", json={})


@pytest.fixture
def guest(shop, visitor):
    """Makes visitors of the shop with providers."""

    def make(**options):
        one = visitor(**options)
        one.http._transport.app = shop
        return one

    return make


@pytest.fixture
def person(outside):
    return lambda **told: Person(outside, **told)
