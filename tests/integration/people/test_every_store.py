"""The walk at the end of a session of tests finds what is in clear in any store of the shared servers.

The walk itself is in `tests/conftest.py`: when all tests have had the servers, nothing recognisable may be in them.
"""

import secrets

import asyncpg
import leak_walk
import redis.asyncio as redis
from pymongo import AsyncMongoClient

from jangteo.kit.bus import Outgoing, connect


async def test_the_walk_finds_what_is_planted_in_each_kind_of_store(servers, database_for):
    mark = f"심은-{secrets.token_hex(6)}"
    database_for("order")
    connection = await asyncpg.connect(servers.url("postgres", "order", owner=True))
    client = redis.Redis.from_url(servers.url("valkey"))
    documents = AsyncMongoClient(servers.url("documents"))
    bus = await connect(f"{servers.url('nats')}?prefix=planted", name="planted")
    try:
        await connection.execute("CREATE TABLE planted (said text, bytes bytea)")
        await connection.execute("INSERT INTO planted VALUES ($1, $2)", mark, f"in bytes {mark}".encode())
        await client.set("planted", mark, ex=60)
        await documents["planted"]["planted"].insert_one({"said": mark})
        await bus.publish([Outgoing(secrets.token_hex(8), "planted.thing.v1", "key", mark.encode())])
        found = await leak_walk.everywhere(servers, [mark])
    finally:
        await connection.execute("DROP TABLE planted")
        await connection.close()
        await client.delete("planted")
        await client.aclose()
        await documents.drop_database("planted")
        await documents.close()
        await bus.close()
    assert {("order", "planted", mark), ("order", "planted", mark.encode().hex()), ("planted", mark)} <= set(found)
    assert any(where[0] == b"planted" for where in found)
    assert any("nats" in str(where[0]) for where in found), "the broker's store is among the files"


async def test_the_walk_looks_into_every_database_that_tests_have_made(servers, database_for):
    database_for("payment")
    servers.create_database("walked")
    assert {"payment", "walked"} <= set(await leak_walk.databases(servers))
    _, rows = await leak_walk.in_rows(servers, ["nothing reads so"])
    assert rows > 0
