"""Live status: the present state first, then each change, to the end, and on from where a client left off."""

import asyncio
import json
from uuid import UUID

import pytest
from order_client import CARD

from jangteo.contracts import payment, shipping


class Follower:
    """A client of server-sent events."""

    def __init__(self, buyer, order_id: str, last_seen: str = "") -> None:
        self.url = f"{buyer.url}/v1/orders/{order_id}/events"
        self.headers = buyer.headers | ({"Last-Event-ID": last_seen} if last_seen else {})
        self.session = buyer.session
        self.events: list[dict] = []
        self.ids: list[str] = []
        self.arrived = asyncio.Event()

    async def run(self) -> None:
        """Read until the service ends the stream."""
        async with self.session.get(self.url, headers=self.headers) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            async for line in answer.content:
                if line.startswith(b"id: "):
                    self.ids.append(line[4:].strip().decode())
                elif line.startswith(b"data: "):
                    self.events.append(json.loads(line[6:]))
                    self.arrived.set()

    async def until(self, what: str) -> None:
        """Return once an event says that `what` happened."""
        async with asyncio.timeout(20):
            while what not in [event["what"] for event in self.events]:
                self.arrived.clear()
                await self.arrived.wait()


@pytest.fixture
async def follow(buyer):
    tasks = []

    def start(order_id: str, last_seen: str = "") -> tuple[Follower, asyncio.Task]:
        follower = Follower(buyer, order_id, last_seen)
        tasks.append(asyncio.create_task(follower.run()))
        return follower, tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_follower_sees_every_change_once_and_the_end(buyer, world, tenant, follow):
    _, order = await buyer.place(("A-1", 1), payment=None, wait=10)
    follower, task = follow(order["order_id"])
    await follower.until("stock_held")
    await buyer.call("POST", f"/v1/orders/{order['order_id']}/payments", CARD, key="k")
    await follower.until("shipment_prepared")
    await world.dispatch(tenant, order["order_id"])
    await follower.until("shipped")
    await world.deliver(tenant, order["order_id"])
    async with asyncio.timeout(20):
        await task
    assert [event["what"] for event in follower.events] == [
        *("stock_held", "payment_chosen", "payment_authorised", "payment_captured"),
        *("stock_sold", "shipment_prepared", "shipped", "delivered"),
    ]
    assert follower.events[-1]["status_label"] == "배송완료"
    assert follower.ids == sorted(follower.ids, key=int)


async def test_who_comes_back_is_told_what_was_missed(buyer, world, follow):
    _, order = await buyer.place(("A-1", 1), wait=10)
    await world.until_heard(order["order_id"], shipping.CreateShipment)
    follower, _ = follow(order["order_id"], last_seen="2")
    await follower.until("stock_sold")
    assert follower.ids[:4] == ["3", "4", "5", "6"]


async def test_an_order_that_is_over_is_told_and_the_stream_ends(buyer, follow):
    _, order = await buyer.place(("SOLDOUT", 1), wait=10)
    follower, task = follow(order["order_id"])
    async with asyncio.timeout(20):
        await task
    assert [event["status"] for event in follower.events] == ["rejected"]


async def test_a_follower_at_another_replica_sees_the_changes_too(buyer, world, tenant, another_replica, follow):
    _, order = await buyer.place(("A-1", 1), payment={"provider": "sandbox", "token": "tok_confirm"}, wait=10)
    here, _ = follow(order["order_id"])
    buyer.url = another_replica
    there, _ = follow(order["order_id"])
    await asyncio.gather(here.until("confirmation_asked"), there.until("confirmation_asked"))
    attempt = {"order_id": UUID(order["order_id"]), "payment_id": UUID(order["payment"]["payment_id"])}
    await world.say(tenant, payment.PaymentAuthorised(**attempt, amount=order["total"], currency="KRW"))
    await asyncio.gather(here.until("shipment_prepared"), there.until("shipment_prepared"))
    assert here.events == there.events


async def test_a_replica_that_never_saw_an_order_tells_the_same_of_it(buyer, world, session, identity, another_replica):
    """One tells what it remembers, the other what is stored; another shop is told nothing by either."""
    _, order = await buyer.place(("A-1", 2), wait=10)
    await buyer.until_shipment(order["order_id"])
    for asker, path in (("notification", ""), ("shipping", "/delivery")):
        told = []
        for url in (buyer.url, another_replica):
            for tenant, status in ((buyer.tenant, 200), ("order-0", 404)):
                headers = {"X-Service-Identity": identity(asker).token(tenant)}
                async with session.get(f"{url}/internal/orders/{order['order_id']}{path}", headers=headers) as answer:
                    assert answer.status == status
                    told.append(await answer.json())
        assert told[0] == told[2]
        assert told[0]["order_id"] == order["order_id"]


@pytest.fixture
async def another_replica(servers, neighbours, database_for, serve_order):
    async with serve_order(database_for("order"), "orders") as url:
        yield url
