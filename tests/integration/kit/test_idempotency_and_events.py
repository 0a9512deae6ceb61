"""One effect per key, one winner per version, and no way into a neighbour's database."""

import asyncio
from typing import ClassVar

import asyncpg
import msgspec
import pytest

from jangteo.kit.errors import Conflict
from jangteo.kit.eventstore import DomainEvent, EventStore
from jangteo.kit.idempotency import IdempotencyKey, KeyMalformed, KeyMissing, KeyReused, once
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import ConcurrentUpdate


def key_of(tenant, key="k-1", request=None):
    return IdempotencyKey(tenant=tenant, caller="me", operation="make", key=key, request=request or {"a": 1})


def making(database, key, name):
    async def work():
        async with database.transaction(key.tenant) as transaction:
            await transaction.execute("INSERT INTO things (tenant, name) VALUES ($1, $2)", key.tenant, name)
            return await key.remember(transaction, 201, {"made": name})

    return work


async def test_twenty_twins_have_one_effect_and_one_answer(database, tenant):
    async def twin(number):
        key = key_of(tenant)
        return await once(database, key, making(database, key, f"thing-{number}"))

    answers = await asyncio.gather(*(twin(number) for number in range(20)))
    assert len(set(answers)) == 1
    async with database.read(tenant) as reader:
        assert await reader.fetchval("SELECT count(*) FROM things") == 1


async def test_the_same_key_with_another_body_is_refused(database, tenant):
    key = key_of(tenant)
    await once(database, key, making(database, key, "first"))
    other = key_of(tenant, request={"a": 2})
    with pytest.raises(KeyReused):
        await once(database, other, making(database, other, "second"))


async def test_a_failure_leaves_the_key_free(database, tenant):
    key = key_of(tenant)

    async def failing():
        raise Conflict()

    with pytest.raises(Conflict):
        await once(database, key, failing)
    answer = await once(database, key, making(database, key, "now"))
    assert msgspec.json.decode(answer.body) == {"made": "now"}


@pytest.mark.parametrize(
    ("key", "error"), [(None, KeyMissing), ("", KeyMalformed), ("가", KeyMalformed), ("x" * 256, KeyMalformed)]
)
def test_a_key_that_is_none_is_told(key, error):
    with pytest.raises(error):
        key_of("demo", key=key)


class Counted(DomainEvent, frozen=True, kw_only=True):
    type: ClassVar[str] = "counted/2"
    number: int
    unit: str


def upcast(fields):
    return "counted/2", {**fields, "unit": "pieces"}


async def test_a_stream_comes_back_as_it_was_appended_and_only_one_writer_wins(database, tenant):
    events, stream = EventStore([Counted]), new_id()
    now = database.clock.now()

    async def append(number):
        try:
            async with database.transaction(tenant) as transaction:
                await events.append(
                    transaction, stream, 0, [Counted(number=number, unit="pieces")] * 2, actor="me", at=now
                )
        except ConcurrentUpdate:
            return 0
        return 1

    assert sum(await asyncio.gather(*(append(number) for number in range(8)))) == 1
    async with database.read(tenant) as reader:
        recorded = await events.load(reader, stream)
    assert [entry.version for entry in recorded] == [1, 2]
    assert (recorded[0].actor, recorded[0].at) == ("me", now)


async def test_events_can_be_neither_changed_nor_removed(database, tenant):
    events, stream = EventStore([Counted]), new_id()
    async with database.transaction(tenant) as transaction:
        await events.append(
            transaction, stream, 0, [Counted(number=1, unit="pieces")], actor="me", at=database.clock.now()
        )
        assert await transaction.execute("UPDATE events SET data = '{}' WHERE stream_id = $1", stream) == 0
        assert await transaction.execute("DELETE FROM events WHERE stream_id = $1", stream) == 0
    async with database.read(tenant) as reader:
        assert (await events.load(reader, stream))[0].event == Counted(number=1, unit="pieces")


def test_an_event_of_an_older_version_is_brought_up():
    events = EventStore([Counted], {"counted/1": upcast})
    assert events.decode("counted/1", '{"number": 3}') == Counted(number=3, unit="pieces")
    with pytest.raises(LookupError):
        events.decode("counted/0", "{}")


async def test_a_services_role_cannot_open_anothers_database(servers, kit_url):
    servers.create_database("neighbour")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(kit_url, database="jangteo_neighbour")
