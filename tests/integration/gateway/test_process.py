"""The gateway as it is run: `jangteo serve gateway` on a real registry, with services that come and go."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import psutil
import pytest

from jangteo.gateway.routes import WEB, services
from jangteo.kit.discovery import open_registry
from jangteo.stack.embedded import Servers

OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "x", "version": "1"},
    "paths": {
        "/v1/orders/{order_id}": {
            "get": {
                "operationId": "Detail",
                "responses": {
                    "200": {
                        "description": "",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Money"}}},
                    }
                },
            }
        },
        "/internal/orders/{id}": {"get": {"operationId": "Secret", "responses": {}}},
    },
    "components": {"schemas": {"Money": {"type": "object"}}},
}


class Gateway:
    """A gateway process of its own, its ports and its registry."""

    def __init__(self, folder: Path, bus_url: str, free_port) -> None:
        self.folder = folder
        self.http, self.https, self.admin, self.own = (free_port() for _ in range(4))
        self.log_path = folder / "gateway.log"
        self._environment = os.environ | {
            "JANGTEO_HTTP_PORT": str(self.http),
            "JANGTEO_HTTPS_PORT": str(self.https),
            "JANGTEO_ADMIN_PORT": str(self.admin),
            "JANGTEO_PORT": str(self.own),
            "JANGTEO_STATE_DIR": str(folder / "state"),
            "JANGTEO_BUS_URL": bus_url,
            "JANGTEO_TENANTS": "demo,other",
            "JANGTEO_RATE_LIMIT_SCALE": "0",
            "JANGTEO_KEYS_REFRESH_SECONDS": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jangteo.cli", "serve", "gateway"],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def envoy(self) -> psutil.Process | None:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(self.process.pid).children():
                if child.name() == "envoy":
                    return child
        return None

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(20)

    async def get(self, path: str, **more):
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.http}{path}", **more) as response,
        ):
            return response.status, response.headers, await response.read()


@pytest.fixture(scope="module")
def broker_url(throw_away):
    """A registry that no other test signs in to: the gateway tells the health of everybody it finds there."""
    with Servers(throw_away("gateway"), fsync=False) as running:
        yield running.start("nats").url("nats")


@pytest.fixture(scope="module")
async def gateway(broker_url, tmp_path_factory, free_port):
    """A running gateway on the session's registry."""
    running = Gateway(tmp_path_factory.mktemp("gateway"), broker_url, free_port)
    running.start()
    yield running
    if running.process.poll() is None:
        assert running.stop() == 0


@pytest.fixture
async def open_gateway(gateway, eventually):
    """The gateway, as soon as it lets requests in."""

    async def lets_in():
        try:
            return (await gateway.get("/docs"))[0] == 200
        except aiohttp.ClientError:
            return False

    await eventually(lets_in, 60)
    return gateway


@pytest.fixture
async def signed_in(upstream, broker_url):
    """Give upstreams that sign in to the registry as the real services do."""
    async with contextlib.AsyncExitStack() as stack:

        async def sign_in(service: str):
            server = await upstream(service)
            registry = await stack.enter_async_context(open_registry(broker_url, name=service))
            await registry.register(service, f"http://127.0.0.1:{server.port}")
            return server, registry

        yield sign_in


async def test_a_service_that_signs_in_is_reached_and_one_that_signs_out_is_not(open_gateway, signed_in, eventually):
    assert (await open_gateway.get("/v1/products"))[0] == 503
    _, registry = await signed_in("product")

    async def status(wanted):
        return (await open_gateway.get("/v1/products"))[0] == wanted

    await eventually(lambda: status(200))
    await registry.deregister()
    await eventually(lambda: status(503))


async def test_health_is_503_until_every_service_has_a_ready_instance(open_gateway, signed_in, eventually):
    async def health():
        status, _, raw = await open_gateway.get("/health")
        return status, json.loads(raw)

    status, told = await health()
    assert (status, told["status"]) == (503, "down")
    assert told["envoy"]["ready"]
    assert set(told["services"]) == {*services(), WEB}
    upstreams = {service: (await signed_in(service))[0] for service in (*services(), WEB)}

    async def all_well():
        status, told = await health()
        return (status, told["status"]) == (200, "ok")

    await eventually(all_well)
    upstreams["shipping"].ready = False

    async def down():
        status, told = await health()
        return status == 503 and not told["services"]["shipping"]["ready"]

    await eventually(down)


async def test_many_at_once_ask_each_service_once(open_gateway, signed_in, eventually):
    server, _ = await signed_in("cart")
    asked_before = server.asked_ready
    await asyncio.gather(*(open_gateway.get("/health") for _ in range(40)))
    assert server.asked_ready - asked_before < 10


async def test_the_document_of_the_mall_has_what_is_public_and_nothing_internal(open_gateway, signed_in, eventually):
    server, _ = await signed_in("order")
    server.document = OPENAPI
    told = {}

    async def merged():
        nonlocal told
        status, _, raw = await open_gateway.get("/openapi.json")
        told = json.loads(raw)
        return status == 200 and "/v1/orders/{order_id}" in told["paths"]

    await eventually(merged)
    assert not [path for path in told["paths"] if "internal" in path]
    assert told["paths"]["/v1/orders/{order_id}"]["get"]["security"] == [{"bearer": []}]


async def test_the_documentation_page_needs_nothing_from_elsewhere_and_allows_no_inline_script(open_gateway):
    status, headers, page = await open_gateway.get("/docs")
    assert status == 200
    assert "script-src 'self'" in headers["content-security-policy"]
    assert b"<script>" not in page
    assert b"http" not in page.replace(b"https://www.w3.org", b"")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "index.css", "start.js", "favicon-32x32.png"):
        assert f"/docs/{name}".encode() in page
        status, headers, content = await open_gateway.get(f"/docs/{name}")
        assert (status, headers["x-content-type-options"]) == (200, "nosniff")
        assert content
    for bad in ("swagger-ui.js.map", "..%2fapi.py", "unknown.js"):
        assert (await open_gateway.get(f"/docs/{bad}"))[0] in (400, 404)


async def test_an_envoy_that_is_killed_comes_back(open_gateway, eventually):
    old = open_gateway.envoy()
    old.kill()

    async def back():
        new = open_gateway.envoy()
        if new is None or new.pid == old.pid:
            return False
        try:
            return (await open_gateway.get("/docs"))[0] == 200
        except aiohttp.ClientError:
            return False

    await eventually(back, 40)


async def test_a_hangup_takes_the_route_table_over_without_a_new_envoy(open_gateway, eventually):
    before = open_gateway.envoy().pid
    table = open_gateway.folder / "state" / "envoy" / "rds-http.json"
    written = table.read_bytes()
    emptied = json.loads(written)
    emptied["resources"][0]["virtual_hosts"][0]["routes"] = []
    fresh = table.with_suffix(".test")
    fresh.write_text(json.dumps(emptied))
    fresh.replace(table)

    async def status(wanted):
        return (await open_gateway.get("/docs"))[0] == wanted

    await eventually(lambda: status(404))
    open_gateway.process.send_signal(signal.SIGHUP)
    await eventually(lambda: status(200), 40)
    assert table.read_bytes() == written
    assert open_gateway.envoy().pid == before


async def test_a_request_in_hand_is_finished_at_a_stop(broker_url, tmp_path, free_port, signed_in, eventually):
    gateway = Gateway(tmp_path, broker_url, free_port)
    gateway.start()
    server, _ = await signed_in("product")
    arrived, release = asyncio.Event(), asyncio.Event()

    async def slow(request):
        arrived.set()
        await release.wait()
        return aiohttp.web.json_response({"finished": True})

    async def reached():
        try:
            return (await gateway.get("/v1/products"))[0] == 200
        except aiohttp.ClientError:
            return False

    await eventually(reached, 60)
    server.answer = slow
    asking = asyncio.create_task(gateway.get("/v1/products/p-1"))
    await arrived.wait()
    envoy = gateway.envoy()
    stopping = asyncio.create_task(asyncio.to_thread(gateway.stop))
    await asyncio.sleep(0.5)
    release.set()
    status, _, raw = await asking
    assert (status, json.loads(raw)) == (200, {"finished": True})
    assert await stopping == 0
    assert not envoy.is_running()


async def test_envoy_does_not_outlive_a_gateway_that_is_killed(broker_url, tmp_path, free_port, eventually):
    gateway = Gateway(tmp_path, broker_url, free_port)
    gateway.start()

    async def started():
        return gateway.envoy() is not None

    await eventually(started, 60)
    envoy = gateway.envoy()
    gateway.process.kill()
    gateway.process.wait(10)

    async def gone():
        return not envoy.is_running() or envoy.status() == psutil.STATUS_ZOMBIE

    await eventually(gone)
