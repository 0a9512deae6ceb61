"""The audit trail: complete with its action or not at all, and whoever changes it by hand is found out, by place."""

import asyncio

import asyncpg
import pytest

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.postgres import open_database


async def test_a_chain_that_nobody_touched_is_whole_and_witnessed(archive, tenant):
    await archive.act(tenant, "thing.made", "thing.changed", "thing.removed")
    await archive.witnessed(tenant, 3)
    assert await archive.verify(tenant) == []


async def test_an_entry_is_there_if_and_only_if_its_action_is(archive, tenant):
    await archive.act(tenant, "thing.made")
    with pytest.raises(RuntimeError, match="came to nothing"):
        async with archive.database.transaction(tenant) as transaction:
            await audit.record(transaction, Entry(by=None, action="thing.lost"))
            raise RuntimeError("it came to nothing")
    await archive.act(tenant, "thing.changed")
    async with archive.database.read(tenant) as reader:
        rows = await reader.fetch("SELECT number, action FROM audit_entries WHERE tenant = $1 ORDER BY number", tenant)
    assert [tuple(row) for row in rows] == [(1, "thing.made"), (2, "thing.changed")]
    assert await archive.verify(tenant) == []


async def test_entries_made_at_once_stand_one_after_the_other(archive, tenant):
    await asyncio.gather(*(archive.act(tenant, f"thing.{turn}", "thing.again") for turn in range(12)))
    await archive.witnessed(tenant, 24)
    assert await archive.verify(tenant) == []


async def test_one_shops_entries_do_not_wait_for_anothers(archive, tenant):
    other = f"{tenant}-b"
    async with archive.database.transaction(tenant) as transaction:
        await audit.record(transaction, Entry(by=None, action="slow"))
        async with asyncio.timeout(10):
            await archive.act(other, "quick")
    assert await archive.verify(other) == []


async def test_neither_the_service_nor_by_mistake_the_owner_changes_an_entry(archive, tenant):
    await archive.act(tenant, "thing.made")
    for url in (archive.trail.url, archive.owner_url):
        connection = await asyncpg.connect(url)
        await connection.execute(f"SET app.tenant = '{tenant}'")
        for sql in ("UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(sql)
        await connection.close()
    assert await archive.verify(tenant) == []


@pytest.mark.parametrize(
    "change",
    [
        "action = 'thing.harmless'",
        "actor = 'member:other'",
        "at = at - interval '1 day'",
        "reason = ''",
        "person_id = NULL",
    ],
)
async def test_a_change_by_the_owner_is_found_at_its_entry(archive, tenant, change):
    caller = await archive.act(tenant, "thing.made")
    await archive.act(tenant, "thing.shown", "thing.sent", person=caller.id, reason="the customer asked for it")
    await archive.by_hand(f"UPDATE audit_entries SET {change} WHERE tenant = TENANT AND number = 2", tenant=tenant)
    faults = await archive.verify(tenant)
    assert [fault.number for fault in faults] == [2]
    assert "not that of its content" in faults[0].what


async def test_the_last_entry_cannot_be_removed_with_its_trace(archive, tenant):
    await archive.act(tenant, "thing.made", "thing.stolen")
    await archive.witnessed(tenant, 2)
    await archive.by_hand(
        "DELETE FROM audit_entries WHERE tenant = TENANT AND number = 2",
        "UPDATE audit_heads SET number = 1, digest = (SELECT digest FROM audit_entries WHERE tenant = TENANT)"
        " WHERE tenant = TENANT",
        tenant=tenant,
    )
    [fault] = await archive.verify(tenant)
    assert fault.number == 2
    assert "the witness was told" in fault.what


async def test_a_shops_whole_chain_cannot_be_removed(archive, tenant):
    await archive.act(tenant, "thing.made", "thing.stolen")
    await archive.witnessed(tenant, 2)
    await archive.by_hand(
        "DELETE FROM audit_entries WHERE tenant = TENANT",
        "DELETE FROM audit_heads WHERE tenant = TENANT",
        tenant=tenant,
    )
    [fault] = await archive.verify(tenant)
    assert (fault.number, "removed" in fault.what) == (1, True)


async def test_an_entry_removed_from_the_middle_is_one_fault(archive, tenant):
    await archive.act(tenant, "a.b", "c.d", "e.f", "g.h")
    await archive.by_hand("DELETE FROM audit_entries WHERE tenant = TENANT AND number = 2", tenant=tenant)
    assert [fault.number for fault in await archive.verify(tenant)] == [2]


async def test_swapped_entries_are_found(archive, tenant):
    await archive.act(tenant, "a.b", "c.d", "e.f", "g.h")
    await archive.by_hand(
        "UPDATE audit_entries SET number = -number WHERE tenant = TENANT AND number IN (2, 3)".replace(
            "-number", "number + 100"
        ),
        "UPDATE audit_entries SET number = 3 WHERE tenant = TENANT AND number = 102",
        "UPDATE audit_entries SET number = 2 WHERE tenant = TENANT AND number = 103",
        tenant=tenant,
    )
    assert {2, 3} <= {fault.number for fault in await archive.verify(tenant)}


async def test_an_entry_inserted_by_hand_is_found(archive, tenant):
    await archive.act(tenant, "a.b", "c.d")
    columns = (
        "tenant, at, actor, permissions, action, subject, person_id, origin, reason, details, key_id, previous, digest"
    )
    await archive.by_hand(
        f"INSERT INTO audit_entries (number, {columns}) SELECT 3, {columns} FROM audit_entries"
        " WHERE tenant = TENANT AND number = 2",
        tenant=tenant,
    )
    assert 3 in {fault.number for fault in await archive.verify(tenant)}


async def test_who_has_the_key_and_rewrites_all_contradicts_the_witness(archive, tenant):
    """A service that is taken over can chain as it likes, but not unsay what another service was told."""
    await archive.act(tenant, "thing.made", "thing.stolen", "thing.sold")
    await archive.witnessed(tenant, 3)
    await archive.by_hand(
        "DELETE FROM audit_entries WHERE tenant = TENANT",
        "DELETE FROM audit_heads WHERE tenant = TENANT",
        tenant=tenant,
    )
    async with open_database(archive.trail.url) as forger:
        audit.keep(forger, archive.trail.service, archive.trail.key)
        for action in ("thing.made", "thing.dusted", "thing.sold", "thing.praised"):
            await audit.note(forger, tenant, Entry(by=None, action=action))
    faults = await archive.verify(tenant)
    assert [fault.number for fault in faults] == [1, 2, 3]
    assert all("rewritten" in fault.what for fault in faults)


async def test_entries_of_a_former_key_stay_proved(archive, tenant):
    await archive.act(tenant, "thing.made")
    audit.keep(
        archive.database, archive.trail.service, f"a newer audit key, which is long enough too,{archive.trail.key}"
    )
    try:
        await archive.act(tenant, "thing.changed")
    finally:
        audit.keep(archive.database, archive.trail.service, archive.trail.key)
    assert [fault.number for fault in await archive.verify(tenant)] == [2]
    newer = archive._replace(
        trail=archive.trail._replace(key=f"a newer audit key, which is long enough too,{archive.trail.key}")
    )
    assert await newer.verify(tenant) == []


async def test_no_address_and_no_reason_is_stored_in_clear(archive, tenant):
    await archive.act(tenant, "thing.shown", reason="박손님께서 전화로 요청")
    async with archive.database.read(tenant) as reader:
        [row] = await reader.fetch(
            "SELECT audit_entries::text AS all_of_it FROM audit_entries WHERE tenant = $1", tenant
        )
    assert "198.51.100.9" not in row["all_of_it"]
    assert "박손님" not in row["all_of_it"]
