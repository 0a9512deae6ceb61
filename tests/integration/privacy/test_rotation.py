"""Keys change while people read and write, by processes that may die: nobody is lost, old keys are gone."""

import asyncio
import os
import signal
import sys
from datetime import UTC, date, datetime

import msgspec
from private_people import add_master_key, secrets_of, write_secret

from jangteo.kit.clock import MovableClock
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import WRAP, for_mac, open_vault
from jangteo.kit.privacy.rotation import MAC_MEMORY, make_version, rewrap, rotate, status


async def live(database, tenant, use=WRAP):
    return [state.version for state in await status(database, tenant) if state.use == use and not state.retired_at]


async def test_a_new_master_key_wraps_the_tenant_keys_again_and_no_persons_key(
    database, vault, another_process, master_file, tenant
):
    person = new_id()
    await write_secret(vault, database, tenant, person)
    async with database.read(tenant) as reader:
        before = await reader.fetch("SELECT * FROM person_keys")
    newest = add_master_key(master_file)
    assert await rewrap(database, vault.tenant_keys, tenant) == 1
    assert await rewrap(database, vault.tenant_keys, tenant) == 0
    assert [state.provider_version for state in await status(database, tenant)] == [newest]
    async with database.read(tenant) as reader:
        assert await reader.fetch("SELECT * FROM person_keys") == before
    async with another_process() as other:
        assert await secrets_of(other, database, tenant) == {person}


async def test_a_new_tenant_key_wraps_all_persons_again_and_the_old_one_is_destroyed(
    database, vault, another_process, tenant
):
    people, gone = {new_id() for _ in range(1_200)}, new_id()
    async with database.transaction(tenant) as transaction:
        for person in [*people, gone]:
            await vault.make_key(transaction, person)
        await vault.destroy(transaction, gone)
        legal = (await vault.legal_key(transaction, "dispute", date(2030, 1, 1))).seal("kept")
    for person in people:
        await write_secret(vault, database, tenant, person)
    assert await rotate(database, vault.tenant_keys, tenant) == {"legal": 1, WRAP: 1_200}
    assert await live(database, tenant) == [2]
    async with another_process() as other:
        assert await secrets_of(other, database, tenant) == people
        async with database.read(tenant) as reader:
            assert (await other.open_legal(reader, "dispute", date(2030, 1, 1))).unseal(legal) == "kept"
            versions = await reader.fetch("SELECT wrapped FROM tenant_keys WHERE version = 1")
    assert [row["wrapped"] for row in versions] == [None, None]


async def test_readers_and_writers_notice_nothing_of_two_rotations_at_once(database, another_process, tenant):
    over, written = asyncio.Event(), set()

    async def work(vault):
        while not over.is_set():
            person = new_id()
            await write_secret(vault, database, tenant, person)
            written.add(person)
            assert person in await secrets_of(vault, database, tenant, person)
            # As if it had never seen them: every key is read from its row.
            vault._remembered.clear()

    async with another_process() as one, another_process() as two, another_process() as three:
        workers = [asyncio.create_task(work(vault)) for vault in (one, two, one, two)]
        for _ in range(3):
            await asyncio.gather(*(rotate(database, vault.tenant_keys, tenant) for vault in (two, three)))
        over.set()
        await asyncio.gather(*workers)
        assert len(written) > 10
        async with another_process() as fresh:
            assert await secrets_of(fresh, database, tenant) == written
        # Workers may have begun under an older version up to the end, but never under a destroyed one.
        await rotate(database, three.tenant_keys, tenant)
        assert len(await live(database, tenant)) == 1


KILLED = """
import asyncio, sys, msgspec
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import PrivateSettings, open_vault
from jangteo.kit.privacy import rotation

rotation._BATCH = 20

async def main():
    settings = msgspec.json.decode(sys.argv[1], type=PrivateSettings)
    async with open_database(settings.database_url) as database, open_vault(settings, database, ()) as vault:
        await rotation.rotate(database, vault.tenant_keys, settings.default_tenant)

asyncio.run(main())
"""


async def test_a_rotation_that_was_killed_is_finished_by_the_next(database, vault, told, tenant):
    people = {new_id() for _ in range(600)}
    for person in people:
        await write_secret(vault, database, tenant, person)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, msgspec.json.encode(told()).decode())
    while not 0 < await moved(database, tenant) < 600 and process.returncode is None:
        pass
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    assert await live(database, tenant) == [1, 2]
    assert await secrets_of(vault, database, tenant) == people
    left = 600 - await moved(database, tenant)
    assert left > 0
    assert await rotate(database, vault.tenant_keys, tenant) == {WRAP: left}
    assert await live(database, tenant) == [2]
    assert await secrets_of(vault, database, tenant) == people


async def moved(database, tenant):
    async with database.read(tenant) as reader:
        return await reader.fetchval("SELECT count(*) FROM person_keys WHERE key_version = 2")


async def test_a_process_that_missed_the_rotation_seals_under_the_new_key(database, vault, another_process, tenant):
    async with another_process() as asleep:
        await write_secret(asleep, database, tenant, new_id())
        await rotate(database, vault.tenant_keys, tenant)
        person = new_id()
        await write_secret(asleep, database, tenant, person)
    async with database.read(tenant) as reader:
        version = await reader.fetchval("SELECT key_version FROM person_keys WHERE person_id = $1", person)
    assert version == 2


async def test_a_signature_holds_over_a_rotation_until_the_longest_life_is_over(private_url, told, tenant):
    clock = MovableClock(datetime.now(UTC))
    async with open_database(private_url, clock=clock) as database, open_vault(told(), database) as vault:
        signature = await vault.sign(tenant, "token", "x")
        await rotate(database, vault.tenant_keys, tenant)
        async with open_vault(told(), database) as other:
            assert await other.is_signed(tenant, "token", "x", signature)
            assert await other.sign(tenant, "token", "x") != signature
        clock.advance(MAC_MEMORY.total_seconds() + 1)
        await rotate(database, vault.tenant_keys, tenant)
        assert await live(database, tenant, for_mac("token")) == [2, 3]
        async with open_vault(told(), database) as other:
            assert not await other.is_signed(tenant, "token", "x", signature)


async def test_both_versions_of_a_blind_index_are_given_while_two_are_in_use(database, vault, another_process, tenant):
    old = await vault.blind_index(tenant, "email", "a@b.test")
    await make_version(database, vault.tenant_keys, tenant, "index:email")
    async with another_process() as other:
        async with database.read(tenant) as reader:
            new, also = await other.blind_indexes(reader, "email", "a@b.test")
        assert (also, await other.blind_index(tenant, "email", "a@b.test")) == (old, new)
        assert new != old
