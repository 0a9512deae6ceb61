"""Receipts and answers go when their time is over, not before, and few at a time."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from jangteo.kit import idempotency, inbox
from jangteo.kit.clock import MovableClock, SystemClock
from jangteo.kit.idempotency import IdempotencyKey, once
from jangteo.kit.ids import before_all_of, new_id
from jangteo.kit.migrations import migrate
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import Receipt, open_database
from jangteo.kit.pruning import BATCH, prune_once, pruning
from jangteo.kit.telemetry import metrics

DAY = 86_400


@pytest.fixture
async def aging(servers):
    """A database of its own, since it is pruned across tenants, with a clock to be moved."""
    servers.create_database("pruning")
    migrate(servers.url("postgres", "pruning", owner=True), Path(__file__).parent / "versions")
    clock = MovableClock(SystemClock().now())
    async with open_database(servers.url("postgres", "pruning"), clock=clock) as database:
        async with database.system() as transaction:
            await transaction.execute("DELETE FROM outbox")
            await transaction.execute("DELETE FROM inbox")
            await transaction.execute("DELETE FROM idempotency")
        yield database, clock


async def count(database, table):
    async with database.read("*") as reader:
        return await reader.fetchval(f"SELECT count(*) FROM {table}")


async def receive(database, tenant, receipt):
    async with database.transaction(tenant, receipt) as transaction:
        return transaction.is_repeat


async def test_a_message_is_known_again_until_it_cannot_come_any_more(aging, tenant):
    database, clock = aging
    receipt = Receipt(new_id(), "kit")
    assert not await receive(database, tenant, receipt)
    clock.advance(34 * DAY)
    assert await prune_once(database, inbox.retention(35)) == 0
    assert await receive(database, tenant, receipt)
    clock.advance(2 * DAY)
    assert await prune_once(database, inbox.retention(35)) == 1
    assert await count(database, "inbox") == 0


async def test_an_answer_is_given_again_for_a_day(aging, tenant):
    database, clock = aging
    key = IdempotencyKey(tenant=tenant, caller="me", operation="make", key="k", request={})
    made = []

    async def work():
        made.append(1)
        async with database.transaction(tenant) as transaction:
            return await key.remember(transaction, 201, {"made": len(made)})

    first = await once(database, key, work)
    clock.advance(DAY - 60)
    assert await prune_once(database, idempotency.retention(24)) == 0
    assert await once(database, key, work) == first
    clock.advance(120)
    assert await prune_once(database, idempotency.retention(24)) == 1
    assert await count(database, "idempotency") == 0


async def test_the_oldest_go_first_and_a_batch_at_a_time(aging, tenant):
    database, clock = aging
    async with database.transaction(tenant) as transaction:
        await transaction.executemany(
            "INSERT INTO inbox (message_id, consumer, tenant) VALUES ($1, 'kit', $2)",
            [(new_id(), tenant) for _ in range(BATCH + 7)],
        )
        ordered = await transaction.fetch("SELECT message_id FROM inbox ORDER BY message_id")
    clock.advance(36 * DAY)
    assert await prune_once(database, inbox.retention(35)) == BATCH
    async with database.read(tenant) as reader:
        left = await reader.fetch("SELECT message_id FROM inbox ORDER BY message_id")
    assert left == ordered[BATCH:]


async def test_two_that_prune_at_once_delete_each_row_once(aging, tenant):
    database, clock = aging
    async with database.transaction(tenant) as transaction:
        await transaction.executemany(
            "INSERT INTO inbox (message_id, consumer, tenant) VALUES ($1, 'kit', $2)",
            [(new_id(), tenant) for _ in range(150)],
        )
    clock.advance(36 * DAY)
    done = await asyncio.gather(*(prune_once(database, inbox.retention(35)) for _ in range(4)))
    assert sum(done) == 150
    assert await count(database, "inbox") == 0


async def test_a_running_service_empties_a_backlog_and_leaves_what_is_young(aging, tenant):
    database, clock = aging
    async with database.transaction(tenant) as transaction:
        await transaction.executemany(
            "INSERT INTO inbox (message_id, consumer, tenant) VALUES ($1, 'kit', $2)",
            [(new_id(), tenant) for _ in range(BATCH * 2 + 1)],
        )
    clock.advance(36 * DAY)
    young = before_all_of(clock.now())
    await receive(database, tenant, Receipt(young, "kit"))
    async with pruning(database, inbox.retention(35), idempotency.retention(24), look_every=0.1):
        for _ in range(400):
            if await count(database, "inbox") == 1:
                break
            await asyncio.sleep(0.025)
    async with database.read(tenant) as reader:
        assert [row[0] for row in await reader.fetch("SELECT message_id FROM inbox")] == [young]


@pytest.mark.parametrize(
    ("retention", "index"),
    [(inbox.retention(35), "inbox_pkey"), (idempotency.retention(24), "idempotency_by_age")],
    ids=["inbox", "idempotency"],
)
async def test_what_is_old_is_found_by_an_index(aging, retention, index):
    database, clock = aging
    async with database.system() as transaction:
        for other in ("seqscan", "bitmapscan", "sort"):  # which suit a table as small as this one
            await transaction.execute(f"SET LOCAL enable_{other} = off")
        plan = await transaction.fetch(
            f"EXPLAIN SELECT ctid FROM {retention.table} WHERE {retention.column} < $1"
            f" ORDER BY {retention.column} LIMIT {BATCH}",
            retention.bound(clock.now()),
        )
    text = "\n".join(row[0] for row in plan)
    assert index in text
    assert "Sort" not in text


async def test_an_id_falls_on_its_side_of_the_moment_it_was_made():
    before = SystemClock().now() - timedelta(seconds=1)
    made = new_id()
    assert before_all_of(before) < made < before_all_of(before + timedelta(minutes=1))


def shown(name):
    lines = metrics.exposition().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name + " "))


async def test_the_metrics_show_what_waits_in_the_outbox_and_for_how_long(aging, tenant):
    database, _ = aging
    relay = Relay(database, None, source="kit")
    insert = (
        "INSERT INTO outbox (id, tenant, type, key, body, created_at, parked_at)"
        " VALUES ($1, $2, 'a', 'k', '', now() - $3::interval, $4)"
    )
    async with database.transaction(tenant) as transaction:
        rows = [(90, None), (30, None), (0, None), (600, SystemClock().now())]
        for age, parked in rows:
            await transaction.execute(insert, new_id(), tenant, timedelta(seconds=age), parked)
    await relay.show_waiting()
    assert shown("outbox_waiting") == 2
    assert 90 <= shown("outbox_oldest_seconds") < 120
    async with database.system() as transaction:
        await transaction.execute("DELETE FROM outbox")
    await relay.show_waiting()
    assert (shown("outbox_waiting"), shown("outbox_oldest_seconds")) == (0, 0)
