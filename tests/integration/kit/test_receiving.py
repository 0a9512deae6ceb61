"""A message's receipt, its effect and what is said of it are one statement where they can be, and one thing always."""

import asyncio
from typing import ClassVar

import asyncpg
import pytest

from jangteo.kit.ids import new_id
from jangteo.kit.messages import Message
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import Receipt
from jangteo.kit.receiving import receiving, whole


class ThingMade(Message, frozen=True, kw_only=True):
    type: ClassVar[str] = "kit.thing_received.v1"
    key: ClassVar[str] = "name"
    name: str


ADD = "INSERT INTO things (tenant, name) VALUES ($1, $2)"
ADD_TWO = f"WITH one AS ({ADD} RETURNING name) INSERT INTO things (tenant, name) SELECT $1, name || '2' FROM one"


@pytest.fixture
def receipt():
    return Receipt(new_id(), "kit-receiving")


@pytest.fixture
def said(database, bus):
    """What waits to be said; nothing publishes it."""
    relay = Relay(database, bus, source="kit")
    return relay._fresh


async def stored(database, tenant, table):
    async with database.read(tenant) as reader:
        return await reader.fetch(f"SELECT *, xmin::text FROM {table}")


async def add(database, tenant, receipt, name, sql=ADD):
    async with receiving(database, tenant, receipt) as transaction:
        transaction.send(ThingMade(name=name))
        assert await transaction.execute_last(sql, tenant, name) == 1


async def test_receipt_effect_and_message_come_with_one_statement(database, tenant, receipt, said):
    await add(database, tenant, receipt, "it's", ADD_TWO)
    things = await stored(database, tenant, "things")
    assert sorted(row["name"] for row in things) == ["it's", "it's2"]
    (received,), (outgoing,) = [await stored(database, tenant, table) for table in ("inbox", "outbox")]
    assert (received["message_id"], received["consumer"]) == receipt
    assert (outgoing["type"], outgoing["key"], outgoing["body"]) == (ThingMade.type, "it's", said[0].body)
    assert {row["xmin"] for row in (*things, received, outgoing)} == {received["xmin"]}


async def test_of_a_message_that_comes_many_times_at_once_one_has_an_effect(database, tenant, receipt, said):
    await asyncio.gather(*(add(database, tenant, receipt, f"{number}") for number in range(8)))
    assert [len(await stored(database, tenant, table)) for table in ("things", "inbox", "outbox")] == [1, 1, 1]
    assert len(said) == 1


async def test_what_fails_leaves_nothing_and_another_way_can_be_taken(database, tenant, receipt, said):
    await add(database, tenant, Receipt(new_id(), "kit-receiving"), "taken")
    with pytest.raises(asyncpg.UniqueViolationError):
        await add(database, tenant, receipt, "taken")
    assert [len(await stored(database, tenant, table)) for table in ("inbox", "outbox")] == [1, 1]
    async with receiving(database, tenant, receipt) as transaction:
        transaction.send(ThingMade(name="other"))
        with pytest.raises(asyncpg.UniqueViolationError):
            await transaction.execute_last(ADD, tenant, "taken")
        await transaction.execute("UPDATE things SET name = 'other'")
    assert [len(await stored(database, tenant, table)) for table in ("inbox", "outbox")] == [2, 2]
    assert len(said) == 2


@pytest.mark.parametrize("fails", [False, True])
async def test_after_a_look_it_is_a_transaction_like_any_other(database, tenant, receipt, said, fails):
    for _ in range(2):
        try:
            async with receiving(database, tenant, receipt) as transaction:
                assert await transaction.fetchval("SELECT count(*) FROM things") == 0
                transaction.send(ThingMade(name="seen"))
                await transaction.execute_last(ADD, tenant, "seen")
                if fails:
                    raise LookupError
        except LookupError:
            assert fails
    expected = 0 if fails else 1
    assert [len(await stored(database, tenant, table)) for table in ("things", "inbox", "outbox")] == [expected] * 3
    assert len(said) == expected


async def test_nothing_can_follow_the_last_statement(database, tenant, receipt, said):
    for follow in (lambda one: one.fetch("SELECT 1"), lambda one: one.execute("SELECT 1")):
        with pytest.raises(RuntimeError, match="last statement"):
            async with receiving(database, tenant, Receipt(new_id(), "kit-receiving")) as transaction:
                await transaction.execute_last(ADD, tenant, str(new_id()))
                await follow(transaction)
    with pytest.raises(RuntimeError, match="last statement"):
        async with receiving(database, tenant, receipt) as transaction:
            await transaction.execute_last(ADD, tenant, "late")
            transaction.send(ThingMade(name="late"))
    assert said == []


async def test_another_tenants_row_cannot_be_written_with_it(database, tenant, receipt):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with receiving(database, f"{tenant}-b", receipt) as transaction:
            await transaction.execute_last(ADD, tenant, "smuggled")
    assert await stored(database, tenant, "things") == []


def test_its_text_is_one_for_all_messages_of_a_kind():
    assert whole(ADD, 2, says=True) is whole(ADD, 2, says=True)
    assert "outbox" not in whole(ADD, 2, says=False)
