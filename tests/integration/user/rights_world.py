"""The services round the user service that keep something about members, played over real HTTP and a real bus."""

import asyncio
import itertools
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiohttp import web

from jangteo.contracts.people import ANSWERS, UserErased
from jangteo.kit.bus import Outgoing, connect
from jangteo.kit.ids import new_id
from jangteo.kit.messages import encode, open_data, open_envelope
from jangteo.kit.people import Proof
from jangteo.kit.settings import load
from jangteo.user.main import assemble
from jangteo.user.settings import UserSettings

RIGHTS_TENANTS = tuple(f"r-{uuid.uuid4().hex[:8]}" for _ in range(60))
next_tenant = itertools.count()
AT = datetime(2026, 11, 1, 3, tzinfo=UTC)


class Others:
    """Order, payment, shipping, notification and cart, as far as they are asked about members."""

    def __init__(self, bus):
        self.bus, self.url = bus, ""
        self.down, self.silent = set(), set()
        self.holds, self.keeps, self.asked = {}, {}, []
        self.forgotten = []  # (service, member), every time it was asked for

    @asynccontextmanager
    async def playing(self):
        app = web.Application()
        app.router.add_get("/internal/people/{person}/{what}", self._people)
        app.router.add_get("/internal/legal-records", self._legal)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        await self.bus.consume("others", [UserErased.type], self._forget)
        yield self
        await runner.cleanup()

    async def _people(self, request):
        person, what = request.match_info["person"], request.match_info["what"]
        # All are served from one port: only one of them, played by turns, is told apart by what a test sets.
        self.asked.append((person, what))
        if "all" in self.down or (person in self.down):
            return web.Response(status=503)
        if what == "holds":
            keeps = [{"purpose": "contract_payment", "since": AT.isoformat()}] if person in self.keeps else []
            return web.json_response({"holds": self.holds.get(person, []), "keeps": keeps})
        return web.json_response({"service": "played", "data": {"things": [f"비밀 {person}"]}})

    async def _legal(self, request):
        record = {
            "id": str(uuid.uuid4()),
            "purpose": request.query["purpose"],
            "due_on": "2031-11-04",
            "reference": request.query.get("reference", ""),
            "kept_at": AT.isoformat(),
            "content": {"kept": "yes"},
        }
        return web.json_response({"items": [record], "next_cursor": None})

    async def _forget(self, delivery):
        envelope = open_envelope(delivery.body)
        message = open_data(envelope, UserErased)
        for answer in ANSWERS:
            self.forgotten.append((answer.service, message.member_id))
            if answer.service not in self.silent:
                proof = Proof(destroyed={"things": 1}, kept={}, key_id=f"key-{answer.service}", at=AT)
                said = answer.answering(message, proof)
                await self.say(envelope.tenant, said, said)

    async def say(self, tenant, *messages):
        """Publish messages, each under an id of its own."""
        sent = []
        for message in messages:
            id = new_id()
            body = encode(message, id=id, source="others", tenant=tenant, time=AT, traceparent=None)
            sent.append(Outgoing(str(id), message.type, message.partition(), body))
        await self.bus.publish(sent)


@asynccontextmanager
async def others_playing(environment, prefix):
    """Play the others on a bus of their own."""
    bus = await connect(f"{environment['JANGTEO_BUS_URL']}?prefix={prefix}", name="others")
    async with Others(bus).playing() as others:
        yield others
    await bus.close()


@asynccontextmanager
async def rights_app(environment, others, prefix, **more):
    """Open a user service among the played others, in a hurry."""
    names = ("order", "payment", "shipping", "notification", "cart")
    own = {
        "JANGTEO_BUS_URL": f"{environment['JANGTEO_BUS_URL']}?prefix={prefix}",
        "JANGTEO_REGISTRY_URL": "static:" + ",".join(f"{name}={others.url}" for name in names),
        "JANGTEO_TENANTS": ",".join(RIGHTS_TENANTS),
        "JANGTEO_DEFAULT_TENANT": RIGHTS_TENANTS[0],
        "JANGTEO_WITHDRAWAL_CLOSING_SECONDS": "0.3",
        "JANGTEO_RIGHTS_SWEEP_SECONDS": "0.1",
    }
    async with assemble(load(UserSettings, "user", environment | own | more)) as app:
        yield app


async def until(look, seconds=30.0):
    """Return what `look` gives, once that is true."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)
