"""Orders to send, and what is said about them on the bus, for the shipping tests."""

import asyncio
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from jangteo.contracts import shipping as contract
from jangteo.kit.bus import Outgoing
from jangteo.kit.ids import new_id
from jangteo.kit.messages import Message, encode, open_data, open_envelope

EVENTS = {
    cls.type: cls
    for cls in (
        contract.ShipmentCreated,
        contract.ShipmentDispatched,
        contract.ShipmentDelivered,
        contract.ShipmentCancelled,
        contract.ShipmentCancelRefused,
    )
}
PATIENCE = 60.0
"""Seconds after which a test gives up waiting; nothing is asserted about how long anything takes."""


class Saga:
    """Sends commands as the order service does, and hears what the shipping service says."""

    def __init__(self, bus):
        self._bus = bus
        self._heard = defaultdict(dict)
        self._news = asyncio.Condition()

    async def hear(self, delivery):
        envelope = open_envelope(delivery.body)
        message: Any = open_data(envelope, EVENTS[envelope.type])
        async with self._news:
            self._heard[message.order_id][envelope.id] = message
            self._news.notify_all()

    async def send(self, command: Message, tenant: str, copies: int = 1):
        id = new_id()
        body = encode(command, id=id, source="test", tenant=tenant, time=datetime.now(UTC), traceparent=None)
        for copy in range(copies):
            # Another id for the broker, which drops twins; the same one for the inbox.
            await self._bus.publish([Outgoing(f"{id}-{copy}", command.type, command.partition(), body)])

    def said(self, order_id):
        return list(self._heard[order_id].values())

    async def until(self, order_id, *kinds, count=1):
        """Wait for `count` messages of `kinds` about an order; return the latest."""

        def found():
            return [message for message in self.said(order_id) if isinstance(message, kinds)]

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: len(found()) >= count), PATIENCE)
            except TimeoutError:
                raise AssertionError(f"waited for {kinds}, heard {self.said(order_id)}") from None
        return found()[-1]


@dataclass
class Order:
    """A paid order, and its parcels at the carrier."""

    tenant: str
    saga: Saga
    carrier: Any
    http: httpx.AsyncClient
    order_id: uuid.UUID = field(default_factory=new_id)
    member_id: uuid.UUID = field(default_factory=new_id)

    async def ship(self, copies=1):
        lines = [
            contract.ShipmentLine(sku="A-1", quantity=2),
            contract.ShipmentLine(sku="B-2", quantity=1),
            contract.ShipmentLine(sku="A-1", quantity=1),
        ]
        command = contract.CreateShipment(
            order_id=self.order_id,
            order_number="20260101-ABCD",
            member_id=self.member_id,
            lines=lines,
            weight_grams=900,
        )
        await self.saga.send(command, self.tenant, copies)

    async def cancel(self, copies=1):
        await self.saga.send(contract.CancelShipment(order_id=self.order_id), self.tenant, copies)

    async def until(self, *kinds, count=1):
        return await self.saga.until(self.order_id, *kinds, count=count)

    def said(self):
        """Return the names of all that was said about the order, sorted: the bus keeps no order between kinds."""
        return sorted(type(message).__name__ for message in self.saga.said(self.order_id))

    async def parcels(self, shipment_id):
        answer = await self.http.get(f"/v1/parcels?reference={shipment_id}")
        return answer.json()["data"]

    async def parcels_of_order(self, database):
        async with database.read(self.tenant) as reader:
            id = await reader.fetchval("SELECT id FROM shipments WHERE order_id = $1", self.order_id)
        return await self.parcels(id)
