"""A mail server behind a gate, the neighbours of the notification service, and members, for its tests."""

import asyncio
import contextlib
import json
import time
import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import httpx
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from processes import free_port

from jangteo.contracts import order as told
from jangteo.contracts.user import MailRequested, UserRegistered
from jangteo.kit.bus import Outgoing
from jangteo.kit.ids import new_id
from jangteo.kit.messages import encode

TENANTS = tuple(f"n-{uuid.uuid4().hex[:10]}" for _ in range(60))
PATIENCE = 60.0
"""Seconds after which a test gives up waiting; nothing is asserted about how long anything takes."""


class SmtpGate:
    """Carries SMTP between the service and the mailbox."""

    def __init__(self, target):
        self.port = free_port()
        self.connections = 0
        self.accepted = asyncio.Event()  # a mail was accepted and its answer is being held
        self.holding = False
        self._target = target
        self._server = None
        self._go = asyncio.Event()
        self._tasks = set()

    async def open(self):
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)

    async def shut(self):
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def hold(self):
        """Hold the answers to all accepted mails from now on."""
        self.holding = True
        self.accepted.clear()
        self._go.clear()

    def release(self):
        self.holding = False
        self._go.set()

    async def _carry(self, reader, writer):
        self.connections += 1
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
            with contextlib.closing(there_writer):
                both = [self._to_server(reader, writer, there_writer), self._to_client(there_reader, writer)]
                ways = [asyncio.create_task(way) for way in both]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
        writer.close()

    async def _to_server(self, reader, back, there):
        while data := await reader.read(65536):
            if data.upper().startswith(b"RCPT TO:<REFUSED"):
                back.write(b"550 5.1.1 no refused@example.test here\r\n")
            else:
                there.write(data)

    async def _to_client(self, reader, back):
        while data := await reader.read(65536):
            if self.holding and data.startswith(b"250 Kept"):
                self.accepted.set()
                await self._go.wait()
            back.write(data)


class Neighbours:
    """The user and the order service, as far as mails ask them."""

    def __init__(self):
        self.members = {}
        self.mails_asked = {}
        self.down = False
        self.asked = defaultdict(int)
        self.url = ""
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def token(self, tenant, member, *permissions):
        now = int(time.time())
        claims = {"iss": "jangteo", "aud": "jangteo", "sub": str(member), "tenant": tenant, "iat": now}
        claims |= {"scope": " ".join(permissions)}
        return jwt.encode(claims | {"exp": now + 600}, self._key, algorithm="RS256", headers={"kid": "test"})

    async def keys(self, _):
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return web.json_response({"keys": [public | {"kid": "test", "use": "sig", "alg": "RS256"}]})

    async def contact(self, request):
        member = request.match_info["member_id"]
        self.asked[member] += 1
        if self.down:
            return web.Response(status=503)
        if member not in self.members:
            return web.Response(status=404)
        email, language = self.members[member]
        return web.json_response({"member_id": member, "email": email, "name": "김민수", "language": language})

    async def superseded(self, _):
        return web.json_response({"items": []})

    async def masked(self, request):
        """Mask as the user service does: what is told of members here is not what mails are written with."""
        if self.down:
            return web.Response(status=503)
        asked = (await request.json())["ids"]
        items = [
            {"member_id": id, "email": f"{email[:2]}***@example.test", "name": "김*수", "language": language}
            for id in asked
            for email, language in [self.members.get(id, ("", ""))]
            if email
        ]
        return web.json_response({"items": items})

    async def mail(self, request):
        asked = request.match_info["mail_id"]
        self.asked[asked] += 1
        if self.down:
            return web.Response(status=503)
        if asked not in self.mails_asked:
            return web.Response(status=404)
        member, kind, parameters = self.mails_asked[asked]
        email, language = self.members[member]
        told = {"mail_id": asked, "member_id": member, "kind": kind, "email": email, "name": "김민수"}
        return web.json_response(told | {"language": language, "parameters": parameters})

    async def order(self, request):
        order_id = request.match_info["order_id"]
        self.asked[order_id] += 1
        line = {"sku": "A", "name_ko": "린넨 셔츠", "name_en": "Linen shirt", "option": "L"}
        return web.json_response(
            {
                "order_id": order_id,
                "order_number": "20260301-ABCDEFGH",
                "member_id": str(uuid.uuid4()),
                "status": "paid",
                "currency": "KRW",
                "items_total": 78_000,
                "shipping_fee": 3_000,
                "total": 81_000,
                "placed_at": "2026-03-01T00:00:00Z",
                "lines": [line | {"quantity": 2, "unit_price": 39_000}],
            }
        )


class Member:
    """Somebody whom mails are for."""

    def __init__(self, world, tenant, language, email):
        self.id, self.tenant, self._world = new_id(), tenant, world
        self.email = email or f"minsu-{self.id.hex}@example.test"
        self.order_id = new_id()
        world.neighbours.members[str(self.id)] = (self.email, language)

    async def asks_for(self, kind, copies=1, life=timedelta(hours=1), **parameters):
        """Publish that a mail of this kind was asked for; return its id."""
        id = new_id()
        known = {"expires_at": "2026-03-01T00:00:00+00:00", **parameters}
        self._world.neighbours.mails_asked[str(id)] = (str(self.id), kind, known)
        await self.hears_of(MailRequested, copies, mail_id=id, kind=kind, expires_at=datetime.now(UTC) + life)
        return id

    async def hears_of(self, event, copies=1, **facts):
        """Publish an event about this member, as often as `copies` says."""
        names = {"member_id": self.id, "order_id": self.order_id, "order_number": "20260301-ABCDEFGH"}
        values = EXAMPLES | names | facts
        message = event(**{name: values[name] for name in event.__struct_fields__})
        id = new_id()
        body = encode(message, id=id, source="test", tenant=self.tenant, time=datetime.now(UTC), traceparent=None)
        for copy in range(copies):
            outgoing = Outgoing(f"{id}-{copy}", message.type, message.partition(), body)
            await self._world.bus.publish([outgoing])

    async def mails(self, count=None):
        """Return the subjects in the mailbox, oldest first; wait for `count` of them."""
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await self._world.http.get(f"/api/messages?to={self.email}")
                found = [mail["subject"] for mail in reversed(answer.json()["messages"])]
                if count is None or len(found) >= count:
                    return found
                await asyncio.sleep(0.05)

    async def ends(self, count, statuses=("sent", "dropped", "expired")):
        """Return the rows about this member once `count` of them are at an end."""
        sql = "SELECT template, status, last_error, attempts FROM notifications WHERE member_id = $1 ORDER BY id"
        async with asyncio.timeout(PATIENCE), self._world.database.read(self.tenant) as reader:
            while True:
                rows = await reader.fetch(sql, self.id)
                if sum(row["status"] in statuses for row in rows) >= count:
                    return rows
                await asyncio.sleep(0.05)

    async def told(self, query=""):
        """Return the answer of the service's own list."""
        token = self._world.neighbours.token(self.tenant, self.id)
        headers = {"Host": f"{self.tenant}.localhost", "Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self._world.url, headers=headers) as http:
            return await http.get(f"/v1/notifications{query}")


EXAMPLES = {
    "reason": "card_declined",
    "retry_until": datetime.now(UTC) + timedelta(hours=1),
    "carrier": "sandbox",
    "tracking_number": "123456789012",
    "refunded": 81_000,
    "currency": "KRW",
    "amount": 1_000,
    "refunded_in_all": 2_000,
    "total": 81_000,
    "lines": [told.OrderLine(sku="A", quantity=2)],
    "cart_id": None,
    "skus": ["A"],
    "language": "ko",
}
KINDS = (UserRegistered, *told.OrderMessage.__subclasses__())
