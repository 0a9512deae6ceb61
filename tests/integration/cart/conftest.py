"""The cart service as it is wired in `main.py`, on real servers, beside a small catalogue that tests can change."""

import contextlib
import itertools
import json
import time
import uuid
from pathlib import Path

import httpx
import jwt
import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from jangteo.cart.main import assemble
from jangteo.cart.settings import CartSettings
from jangteo.contracts.product import Glance, GlancesRequest, Offer
from jangteo.kit.auth import ServiceIdentity
from jangteo.kit.ids import new_id
from jangteo.kit.settings import load

TENANTS = tuple(f"c-{uuid.uuid4().hex[:8]}" for _ in range(200))
_next_tenant = itertools.count()


class Neighbours:
    """Stands for the product service (offers) and the user service (keys), over real HTTP."""

    def __init__(self, identity):
        self.offers = {}
        self.glances = {}
        self.away = False
        self.asked = []
        self._identity = identity
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def sell(self, sku, **changed):
        """Put `sku` on offer and return it."""
        known = self.offers.get(sku)
        fields = msgspec.structs.asdict(known) if known else _offer(sku)
        self.offers[sku] = Offer(**{**fields, **changed})
        return sku

    def show(self, **changed):
        """Put a product into the window, or change one there; return its id."""
        id = changed.pop("id", None) or new_id()
        known = self.glances.get(id)
        fields = msgspec.structs.asdict(known) if known else _glance(id)
        self.glances[id] = Glance(**{**fields, **changed})
        return id

    def token(self, tenant, member):
        """Return an access token of the user service."""
        claims = {
            "iss": "jangteo",
            "aud": "jangteo",
            "sub": str(member),
            "tenant": tenant,
            "sid": "s",
            "scope": "",
            "iat": int(time.time()),
            "exp": int(time.time()) + 600,
        }
        return jwt.encode(claims, self._private, algorithm="RS256", headers={"kid": "k1"})

    async def answer_offers(self, request):
        if self.away:
            return web.Response(status=503)
        caller = self._identity.verify(request.headers["X-Service-Identity"])
        assert caller.service == "cart"
        skus = (await request.json())["skus"]
        assert len(skus) <= 100
        self.asked.append(skus)
        found = [self.offers[sku] for sku in skus if sku in self.offers]
        return web.Response(body=msgspec.json.encode({"offers": found}), content_type="application/json")

    async def answer_glances(self, request):
        if self.away:
            return web.Response(status=503)
        assert self._identity.verify(request.headers["X-Service-Identity"]).service == "cart"
        asked = msgspec.json.decode(await request.read(), type=GlancesRequest)
        assert len(asked.ids) <= 100
        found = [self.glances[id] for id in asked.ids if id in self.glances]
        return web.Response(body=msgspec.json.encode({"items": found}), content_type="application/json")

    async def answer_keys(self, _):
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._private.public_key()))
        return web.json_response({"keys": [{**key, "kid": "k1", "use": "sig", "alg": "RS256"}]})

    @contextlib.asynccontextmanager
    async def serving(self):
        """Serve and yield the address."""
        application = web.Application()
        application.router.add_post("/internal/offers", self.answer_offers)
        application.router.add_post("/internal/glances", self.answer_glances)
        application.router.add_get("/.well-known/jwks.json", self.answer_keys)
        runner = web.AppRunner(application, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        await runner.cleanup()


def _offer(sku):
    return {
        "sku": sku,
        "product_id": new_id(),
        "slug": f"slug-{sku}".lower(),
        "name_ko": f"상품 {sku}",
        "name_en": f"Product {sku}",
        "option": "빨강",
        "price": 10_000,
        "list_price": None,
        "currency": "KRW",
        "tax_free": False,
        "weight_grams": 500,
        "picture": "/media/x.webp",
        "available": 1000,
        "purchasable": True,
        "max_per_order": 99,
    }


def _glance(id):
    return {
        "id": id,
        "slug": f"slug-{id}",
        "name": "코트",
        "brand": None,
        "price": 39_000,
        "list_price": None,
        "discount_percent": 0,
        "price_varies": False,
        "currency": "KRW",
        "picture": "/media/x.webp",
        "level": "in",
        "available": True,
        "on_sale": True,
    }


@pytest.fixture(scope="session")
async def neighbours(servers):
    identity = ServiceIdentity("product", Path(servers.environment("product")["JANGTEO_IDENTITY_DIR"]))
    stand_in = Neighbours(identity)
    async with stand_in.serving() as address:
        stand_in.address = address
        yield stand_in


@pytest.fixture(scope="session")
def settings(servers, neighbours):
    environment = servers.environment("cart") | {
        "JANGTEO_TENANTS": ",".join(TENANTS),
        "JANGTEO_DEFAULT_TENANT": TENANTS[0],
        "JANGTEO_REGISTRY_URL": f"static:product={neighbours.address},user={neighbours.address}",
    }
    return load(CartSettings, "cart", environment)


@pytest.fixture(scope="session")
async def app(settings):
    async with assemble(settings) as application:
        yield application


@pytest.fixture
def shop(neighbours):
    """The catalogue, empty and awake."""
    neighbours.offers.clear()
    neighbours.glances.clear()
    neighbours.asked.clear()
    neighbours.away = False
    return neighbours


@pytest.fixture
def tenant():
    """A shop that no other test uses."""
    return TENANTS[next(_next_tenant)]


@pytest.fixture
def other_tenant():
    """A second shop that no other test uses."""
    return TENANTS[next(_next_tenant)]


class Client:
    """A browser, which keeps cookies, or another client, which keeps the token."""

    def __init__(self, app, tenant, *, language="ko"):
        self.tenant = tenant
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=f"http://{tenant}.localhost",
            headers={"Accept-Language": language, "Content-Type": "application/json"},
        )
        self.bearer = None

    async def call(self, method, path, body=None, **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.bearer:
            sent["Authorization"] = f"Bearer {self.bearer}"
        content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        return await self.http.request(method, path, content=content, headers=sent)

    async def add(self, sku, quantity=1, **headers):
        return await self.call("POST", "/v1/cart/lines", {"sku": sku, "quantity": quantity}, **headers)

    async def cart(self, **headers):
        answer = await self.call("GET", "/v1/cart", **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def quantities(self, **headers):
        return {line["sku"]: line["quantity"] for line in (await self.cart(**headers))["lines"]}


@pytest.fixture
async def browser(app, tenant, shop):
    """Makes clients of the test's own shop."""
    made = []

    def make(tenant=tenant, **options):
        made.append(Client(app, tenant, **options))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


@pytest.fixture
def member(browser, shop):
    """Makes members who are logged in; `id` names one who is logged in elsewhere as well."""

    def make(id=None, **options):
        one = browser(**options)
        one.id = id or new_id()
        one.bearer = shop.token(one.tenant, one.id)
        return one

    return make
