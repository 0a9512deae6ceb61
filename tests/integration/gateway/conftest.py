"""A real Envoy on our rendered files, before small real upstream servers that the tests steer."""

import asyncio
import contextlib
import datetime as dt
import itertools
import json
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from jangteo.gateway.certificates import LocalAuthority
from jangteo.gateway.envoy.files import ConfigurationFiles
from jangteo.gateway.envoy.process import Envoy, find_binary
from jangteo.gateway.routes import GATEWAY, WEB, services
from jangteo.gateway.settings import GatewaySettings
from jangteo.stack.ports import is_free

INNER_KEY = "the-key-of-the-inner-listener"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
# What neither a mall takes nor somebody's outgoing connection; each worker has a range of its own.
_FIRST = 10_000 + 1_000 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 10)
_ports = itertools.cycle(range(_FIRST, _FIRST + 1_000))


def find_free_port() -> int:
    """Return a free port, none twice: what it is meant for may not listen on it yet."""
    return next(port for port in _ports if is_free(port))


class Keys:
    """Signing keys as the user service would hold them."""

    def __init__(self) -> None:
        self.private: dict[str, rsa.RSAPrivateKey] = {}
        self.add("k1")

    def add(self, kid: str) -> None:
        self.private[kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwks(self) -> dict[str, Any]:
        keys = []
        for kid, key in self.private.items():
            public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
            keys.append({**public, "kid": kid, "alg": "RS256", "use": "sig"})
        return {"keys": keys}

    def token(self, kid: str = "k1", **claims: object) -> str:
        now = int(time.time())
        payload = {"iss": "jangteo", "aud": "jangteo", "sub": "m-1", "iat": now, "exp": now + 600, **claims}
        return jwt.encode(payload, self.private[kid], algorithm="RS256", headers={"kid": kid})


@dataclass
class Seen:
    """One request as an upstream got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Upstream:
    """A real HTTP server standing where a service would; answers what it saw unless told otherwise."""

    service: str
    keys: Keys
    seen: list[Seen] = field(default_factory=list)
    answer: Answer | None = None
    ready: bool = True
    keys_down: bool = False
    asked_keys: int = 0
    asked_ready: int = 0
    document: dict[str, Any] | None = None
    port: int = 0
    _runner: web.AppRunner | None = None

    async def start(self, port: int = 0) -> None:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(application, keepalive_timeout=75, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        self.port = port or find_free_port()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/openapi.json" and self.document is not None:
            return web.json_response(self.document)
        if request.path == "/health/ready":
            self.asked_ready += 1
            return web.json_response({}, status=200 if self.ready else 503)
        if request.raw_path == "/.well-known/jwks.json":
            self.asked_keys += 1
            return web.json_response(self.keys.jwks(), status=503 if self.keys_down else 200)
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(Seen(request.method, request.raw_path, headers, body))
        if self.answer is not None:
            return await self.answer(request)
        saw = {"service": self.service, "path": request.raw_path, "headers": headers, "bytes": len(body)}
        return web.json_response({**saw, "port": self.port})


@dataclass
class Mall:
    """An Envoy, its files and its upstreams."""

    settings: GatewaySettings
    files: ConfigurationFiles
    envoy: Envoy
    upstreams: dict[str, Upstream]
    keys: Keys
    session: aiohttp.ClientSession
    authority_path: Path
    log_path: Path

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.settings.http_port}"

    @property
    def https(self) -> str:
        return f"https://127.0.0.1:{self.settings.https_port}"

    @property
    def inner(self) -> str:
        return f"http://127.0.0.1:{self.settings.inner_port}"

    async def call(self, method: str, path: str, **more: Any) -> "Told":
        url = path if path.startswith("http") else self.http + path
        async with self.session.request(method, url, **more) as response:
            raw = await response.read()
        return Told(response.status, response.headers, raw)

    async def get(self, path: str, **more: Any) -> "Told":
        return await self.call("GET", path, **more)

    def bearer(self, kid: str = "k1", **claims: object) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys.token(kid, **claims)}"}

    async def raw(self, request: bytes, seconds: float = 10) -> bytes:
        """Send bytes as they are: no client library tidies the path up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.settings.http_port)
        writer.write(request)
        answer = await asyncio.wait_for(reader.read(65536), seconds)
        writer.close()
        return answer

    async def access_log(self, holds: str) -> dict[str, Any]:
        """Return the line of the access log that holds a text, as soon as Envoy has written it."""
        async with asyncio.timeout(90):
            while True:
                for line in self.log_path.read_text().splitlines():
                    if holds in line and '"logger":"access"' in line:
                        found: dict[str, Any] = json.loads(line)
                        return found
                await asyncio.sleep(0.1)


@dataclass
class Told:
    """An answer, read to its end."""

    status: int
    headers: Any
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 90) -> None:
    """Wait until a condition holds; TimeoutError where it never does."""
    async with asyncio.timeout(seconds):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.05)


def settings_for(directory: Path, more: dict[str, Any]) -> GatewaySettings:
    """Return settings on free ports, without rate limits unless they are asked for."""
    return GatewaySettings(
        service=GATEWAY,
        bus_url="nats://unused",
        state_dir=str(directory),
        port=more.pop("port", 0) or find_free_port(),
        http_port=find_free_port(),
        https_port=find_free_port(),
        admin_port=find_free_port(),
        inner_port=find_free_port(),
        inner_key=INNER_KEY,
        **{"rate_limit_scale": 0.0, "keys_refresh_seconds": 1.0, **more},
    )


def envoy_for(settings: GatewaySettings, files: ConfigurationFiles, log_path: Path) -> Envoy:
    """Return an Envoy that is not started yet."""
    return Envoy(
        find_binary(""),
        files.bootstrap,
        settings.admin_port,
        settings.concurrency,
        listeners=settings.listeners,
        output=log_path,
    )


@contextlib.asynccontextmanager
async def open_mall(directory: Path, **more: Any) -> AsyncIterator[Mall]:
    """Open a mall whose every service is one upstream; its Envoy writes its log into `directory`."""
    settings = settings_for(directory, more)
    keys = Keys()
    upstreams = {service: Upstream(service, keys) for service in (*services(), WEB, GATEWAY)}
    files = ConfigurationFiles(settings, directory / "envoy")
    authority = LocalAuthority(directory / "tls", settings.tenants)
    certificate = authority.certificate(dt.datetime.now(dt.UTC))
    files.write_certificate(certificate.chain_pem, certificate.key_pem)
    files.write_all()
    log_path = directory / "envoy.log"
    envoy = envoy_for(settings, files, log_path)
    async with contextlib.AsyncExitStack() as stack:
        for upstream in upstreams.values():
            stack.push_async_callback(upstream.stop)
            await upstream.start(settings.port if upstream.service == GATEWAY else 0)
            if upstream.service != GATEWAY:
                files.write_instances(upstream.service, [("127.0.0.1", upstream.port)])
        await envoy.start()
        stack.push_async_callback(envoy.stop, 0.2)
        jar = aiohttp.DummyCookieJar()
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar, auto_decompress=False))
        mall = Mall(settings, files, envoy, upstreams, keys, session, authority.authority_path, log_path)

        async def open_to_all() -> bool:
            if not (await envoy.admin.state()).ready:
                return False
            told = [await mall.get("/v1/orders", headers=mall.bearer()), await mall.get("/v1/products")]
            return all(one.status == 200 for one in told)

        await until(open_to_all)
        for upstream in upstreams.values():
            upstream.seen.clear()
        yield mall


@pytest.fixture(scope="module")
async def mall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mall]:
    """A mall without rate limits, shared by the tests of one file."""
    async with open_mall(tmp_path_factory.mktemp("mall"), cors_origins="https://shop.example") as opened:
        yield opened


@pytest.fixture
def opening() -> Callable[..., contextlib.AbstractAsyncContextManager[Mall]]:
    """Return what opens a mall with settings of the test's own."""
    return open_mall


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Return what finds a free port."""
    return find_free_port


@pytest.fixture
async def upstream() -> AsyncIterator[Callable[[str], Awaitable[Upstream]]]:
    """Give upstreams that stand for one service each."""
    started: list[Upstream] = []

    async def start(service: str) -> Upstream:
        started.append(Upstream(service, Keys()))
        await started[-1].start()
        return started[-1]

    yield start
    for one in started:
        await one.stop()


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    """Return what waits for a condition."""
    return until
