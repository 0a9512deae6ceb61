"""What happens when nobody answers: unpaid orders end, questions are asked again, and both survive a crash."""

import asyncio
import os
import signal
import subprocess
import sys
from uuid import UUID

import aiohttp
import pytest
from order_client import Client

from jangteo.contracts import order as told
from jangteo.contracts import payment, product


async def test_an_order_that_is_not_paid_in_time_is_cancelled(impatient, tenant):
    world, member = impatient
    buyer = member(tenant)
    _, order = await buyer.place(("A-1", 1), payment=None)
    cancelled = await world.until_heard(order["order_id"], told.OrderCancelled)
    assert cancelled.reason == "payment.expired"
    assert (await buyer.order(order["order_id"]))["reason_label"] == "결제 시간 초과"
    path = f"/v1/orders/{order['order_id']}/payments"
    status, problem = await buyer.call("POST", path, {"provider": "sandbox", "token": "t"}, key="late")
    assert (status, problem["code"]) == (409, "order.not_awaiting_payment")


async def test_a_payment_that_is_never_confirmed_is_given_up(impatient, tenant):
    world, member = impatient
    _, order = await member(tenant).place(("A-1", 1), payment={"provider": "sandbox", "token": "tok_confirm"})
    await world.until_heard(order["order_id"], payment.CancelPayment)
    await world.until_heard(order["order_id"], told.OrderCancelled)


@pytest.mark.parametrize("silent", [product.CommitStock, payment.CancelPayment, product.ReleaseStock])
async def test_a_question_is_asked_again_unchanged_until_it_is_answered(impatient, tenant, silent):
    world, member = impatient
    buyer = member(tenant)
    world.silent.add((tenant, silent.type))
    _, order = await buyer.place(("A-1", 1), wait=5)
    if silent is not product.CommitStock:
        await buyer.call("POST", f"/v1/orders/{order['order_id']}/cancellation", {}, key="k")
    await world.until_heard(order["order_id"], silent, times=3)
    asked = [command for command in world.heard[UUID(order["order_id"])] if isinstance(command, silent)]
    assert len(set(map(repr, asked))) == 1
    world.silent.discard((tenant, silent.type))
    if silent is product.CommitStock:
        await buyer.until(order["order_id"], "paid")
        await world.until_heard(order["order_id"], told.OrderPaid)
    else:
        await buyer.until(order["order_id"], "cancelled")


async def test_deadlines_are_gone_once_nothing_is_awaited(buyer, database_for, read_rows):
    _, order = await buyer.place(("A-1", 1), wait=10)
    await buyer.until_shipment(order["order_id"])
    rows = await read_rows(database_for("order"), "SELECT kind FROM deadlines WHERE order_id = $1", order["order_id"])
    assert rows == []


@pytest.fixture
def start_process():
    """Start `jangteo serve order` as a process of its own; what still runs at the end is killed."""
    running = []

    def start(environment: dict[str, str]) -> subprocess.Popen:
        command = [sys.executable, "-m", "jangteo.cli", "serve", "order"]
        running.append(subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


async def test_orders_survive_the_death_of_their_process(
    session, environment_for, own_database, start_process, play, tenant
):
    environment = environment_for(own_database("ordercrash"), "crash", JANGTEO_ANSWER_SECONDS="1")
    url = f"http://127.0.0.1:{environment['JANGTEO_PORT']}"
    async with play("crash") as world:
        buyer = Client(session, url, tenant)
        placed = []
        for _ in range(4):
            process = start_process(environment)
            await _until_ready(session, url)
            placed += [await _place(buyer) for _ in range(3)]
            burst = [asyncio.create_task(_place(buyer)) for _ in range(5)]
            await asyncio.sleep(0.03 * len(placed) % 0.1)
            process.send_signal(signal.SIGKILL)
            process.wait()
            placed += [order_id for order_id in await asyncio.gather(*burst) if order_id is not None]
        process = start_process(environment)
        await _until_ready(session, url)
        for order_id in placed:
            if order_id is not None:
                await buyer.until(order_id, "paid", seconds=40)
                await world.until_heard(order_id, told.OrderPaid)
                assert len({m.payment_id for m in world.heard[UUID(order_id)] if hasattr(m, "payment_id")}) == 1
        await _stops_gently(process, buyer, placed[0])


async def _stops_gently(process: subprocess.Popen, buyer: Client, order_id: str) -> None:
    """Stop the process while somebody follows an order: the stream has an end, and the process leaves with 0."""
    path = f"{buyer.url}/v1/orders/{order_id}/events"
    async with buyer.session.get(path, headers=buyer.headers) as answer:
        await answer.content.readuntil(b"data: ")
        process.terminate()
        assert b"paid" in await answer.content.read()
    assert await asyncio.to_thread(process.wait, 20) == 0


async def _place(buyer: Client) -> str | None:
    """Place an order and return its id; None where the process died before it answered."""
    try:
        status, order = await buyer.place(("A-1", 1))
    except aiohttp.ClientError:
        return None
    return order["order_id"] if status == 201 else None


async def _until_ready(session, url: str) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                async with session.get(url + "/health/ready") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
