"""Whoever dies in the middle of a withdrawal: it is finished afterwards, once, with every service's proof."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from jangteo.stack.buyer import PASSWORD, Buyer, Refused
from jangteo.stack.environment import PRIVATE

CARD = "4242424242424242"
VICTIMS = ("user", "order", "payment", "shipping", "notification", "cart")
PATIENCE = 120.0
ORDERS = "SELECT status, count(*), sum(total) FROM order_views WHERE member_id = ANY($1) GROUP BY 1"
LEFT = "SELECT count(*) FROM person_keys WHERE person_id = ANY($1) AND wrapped_key IS NOT NULL"


async def rows(mall, service, sql, *arguments):
    connection = await asyncpg.connect(mall.site.migration_url(service))
    try:
        return [tuple(row) for row in await connection.fetch(sql, *arguments)]
    finally:
        await connection.close()


@pytest.fixture
async def leavers(mall, web, product_with_stock):
    """One member for each victim, each with a delivered order."""
    sku, found = await product_with_stock(len(VICTIMS)), {}
    for victim in VICTIMS:
        found[victim] = Buyer(mall.url, session=web)
        await found[victim].sign_up()
        order = await found[victim].place_order(
            await found[victim].tokenise(CARD), lines=[{"sku": sku, "quantity": 1}], wait=10
        )
        await found[victim].wait_for(order["order_id"], {"delivered"}, seconds=60)
    return found


async def leave(buyer):
    """Ask to leave until a service that still tidies up its part lets one."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await buyer.call(
                    "POST", "/v1/members/me/withdrawal", {"password": PASSWORD, "when_settled": True}
                )
            except Refused as refused:
                assert refused.status == 503, refused
                await asyncio.sleep(0.2)


async def kill_during(mall, victim, withdrawal):
    """Kill a service as soon as the withdrawal has begun to erase, between two looks at it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            ((state,),) = await rows(mall, "user", "SELECT state FROM withdrawals WHERE id = $1", UUID(withdrawal))
            if state in ("erasing", "erased"):
                break
            await asyncio.sleep(0.01)
    await asyncio.to_thread(mall.kill, victim)


async def proof_of(owner, withdrawal):
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                proof = await owner.call("GET", f"/v1/withdrawals/{withdrawal}")
            except Refused as refused:
                assert refused.status == 503, refused
                proof = {"state": "not told"}
            if proof["state"] == "erased":
                return proof
            await asyncio.sleep(0.2)


async def test_a_withdrawal_outlives_every_process_and_is_proved(mall, leavers, owner):
    members = [UUID(buyer.member["id"]) for buyer in leavers.values()]
    before = await rows(mall, "order", ORDERS, members)
    asked = {victim: (await leave(buyer))["id"] for victim, buyer in leavers.items()}
    await asyncio.gather(*(kill_during(mall, victim, withdrawal) for victim, withdrawal in asked.items()))
    await asyncio.to_thread(mall.wait_healthy)
    proofs = await asyncio.gather(*(proof_of(owner, withdrawal) for withdrawal in asked.values()))
    for proof in proofs:
        told = {answer["service"]: answer["proof"] for answer in proof["answers"]}
        assert (set(told), proof["missing"]) == (set(VICTIMS), [])
        kept = {name: one["kept"].get("contract_payment", 0) for name, one in told.items()}
        assert kept == {"user": 1, "order": 1, "payment": 1, "shipping": 1, "notification": 0, "cart": 0}
    # What the law has kept is there once, however often the erasure was begun; what was sold is as it was.
    for service in PRIVATE:
        assert await rows(mall, service, LEFT, members) == [(0,)]
    numbers = "SELECT number FROM order_views WHERE member_id = ANY($1)"
    references = [number for (number,) in await rows(mall, "order", numbers, members)]
    for service in ("order", "payment", "shipping"):
        sql = "SELECT reference FROM legal_records WHERE reference = ANY($1) AND purpose = 'contract_payment'"
        assert sorted(await rows(mall, service, sql, references)) == sorted((number,) for number in references)
    assert await rows(mall, "order", ORDERS, members) == before
