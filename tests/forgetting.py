"""What every service's tests of erasure need: to tell that a member has left, and to hear the service's proof."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx

from jangteo.contracts.people import UserErased
from jangteo.kit.auth import ServiceIdentity
from jangteo.kit.bus import Outgoing, connect
from jangteo.kit.ids import new_id
from jangteo.kit.messages import encode, open_data, open_envelope

PATIENCE = 60.0
"""Seconds after which a test gives up waiting; nothing is asserted about how long anything takes."""


class Leaving:
    """The user service's part: says that members have left, and takes one service's answers."""

    def __init__(self, bus, answer):
        self._bus, self._answer = bus, answer
        self._heard = {}
        self._news = asyncio.Condition()

    async def hear(self, delivery):
        answer = open_data(open_envelope(delivery.body), self._answer)
        async with self._news:
            self._heard.setdefault(answer.withdrawal_id, []).append(answer)
            self._news.notify_all()

    async def tell(self, tenant, member, times=1):
        """Say `times` that a member has left, as a repeated withdrawal step does; return the withdrawal's id."""
        message = UserErased(member_id=member, withdrawal_id=uuid4())
        for _ in range(times):
            id = new_id()
            body = encode(message, id=id, source="user", tenant=tenant, time=datetime.now(UTC), traceparent=None)
            await self._bus.publish([Outgoing(str(id), message.type, message.partition(), body)])
        return message.withdrawal_id

    def answers(self, withdrawal):
        """Return the answers to a withdrawal that there are by now."""
        return self._heard.get(withdrawal, [])

    async def answered(self, withdrawal, times=1):
        """Return the answers once there are `times` of them."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.answers(withdrawal)) >= times)
        return self.answers(withdrawal)

    async def forgotten(self, tenant, member, times=1):
        """Say that a member has left; return the proofs."""
        return await self.answered(await self.tell(tenant, member, times), times)


@asynccontextmanager
async def leaving(bus_url, answer):
    """Take part on the bus of a service's tests."""
    bus = await connect(bus_url, name="people")
    taking_part = Leaving(bus, answer)
    await bus.consume("people-reader", [answer.type], taking_part.hear)
    yield taking_part
    await bus.close()


async def ask(servers, url, tenant, path, service="user"):
    """Return the answer to an internal question of another service."""
    identity = ServiceIdentity(service, Path(servers.environment(service)["JANGTEO_IDENTITY_DIR"]))
    headers = {"X-Service-Identity": identity.token(tenant), "Host": f"{tenant}.localhost"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as http:
        return await http.get(f"/internal/{path}")
