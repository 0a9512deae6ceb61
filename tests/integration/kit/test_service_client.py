"""What a service makes of another one's refusal: who is not believed may be believed later, and blames no buyer."""

from typing import Any

import pytest
from aiohttp import web

from jangteo.kit.auth import ServiceIdentity
from jangteo.kit.discovery import open_registry
from jangteo.kit.errors import Conflict, Forbidden, Invalid, JangteoError, NotFound
from jangteo.kit.http.client import ServiceClient, ServiceUnavailable
from jangteo.kit.http.wire import open_wire
from jangteo.stack.credentials import Credentials


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (401, ServiceUnavailable),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (422, Invalid),
        (500, ServiceUnavailable),
    ],
)
async def test_each_refusal_has_its_meaning(tmp_path: Any, status: int, meaning: type[JangteoError]) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=status)

    secrets = Credentials(tmp_path)
    secrets.make_identities(["order"])
    application = web.Application()
    application.router.add_get("/thing", refuse)
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        port = runner.addresses[0][1]
        async with (
            open_registry(f"static:product=http://127.0.0.1:{port}") as registry,
            open_wire(seconds=5, connect_seconds=1) as wire,
        ):
            client = ServiceClient(
                "product", wire, registry, ServiceIdentity("order", secrets.identity_folder("order"))
            )
            with pytest.raises(JangteoError) as raised:
                await client.get("/thing", dict, tenant="demo")
    finally:
        await runner.cleanup()
    assert type(raised.value) is meaning
