"""New keys for what members are found by: nobody is refused, nobody gets in twice, and the old keys are destroyed."""

import asyncio
import uuid
from contextlib import AsyncExitStack

import pytest

from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import for_index, open_vault
from jangteo.kit.privacy.rotation import make_version, status
from jangteo.user.main import assemble
from jangteo.user.reindex import reindex
from jangteo.user.store import EMAIL

PAUSE = 0.2


@pytest.fixture
async def operator(settings):
    """Run the job as the command does: another process, with a vault of its own."""
    async with open_database(settings.database_url) as database, open_vault(settings, database, ()) as vault:
        yield lambda tenant: reindex(database, vault, tenant, pause_seconds=PAUSE)


@pytest.fixture
async def asleep(settings, member, visitor_of):
    """A second process of the service, which knows the old keys only, and its visitor."""
    async with AsyncExitStack() as stack:
        yield visitor_of(await stack.enter_async_context(assemble(settings)))


async def live(database, tenant):
    found = await status(database, tenant)
    return [state.version for state in found if state.use == for_index(EMAIL) and state.retired_at is None]


async def test_members_are_found_before_meanwhile_and_after_by_every_process(
    member, visitor, asleep, operator, database, tenant
):
    people = [await member() for _ in range(4)]
    assert (await asleep.log_in(people[0].profile["email"])).status_code == 201
    over = asyncio.Event()

    async def live_on(by):
        rounds = 0
        while not over.is_set():
            new = await by.sign_up()
            assert new.status_code == 201, new.text
            people.append(type("New", (), {"profile": new.json()}))
            for one in (people[rounds % 4], people[-1]):
                assert (await visitor().log_in(one.profile["email"])).status_code == 201
                assert (await asleep.log_in(one.profile["email"])).status_code == 201
            rounds += 1
        return rounds

    tasks = [asyncio.create_task(live_on(by)) for by in (visitor(), asleep)]
    await asyncio.sleep(0.5)
    moved = await operator(tenant)
    over.set()
    assert min(await asyncio.gather(*tasks)) > 0
    assert moved[for_index(EMAIL)] >= 4
    assert await live(database, tenant) == [2]
    for one in people:
        assert (await asleep.log_in(one.profile["email"])).status_code == 201
    async with database.read(tenant) as reader:
        sql = "SELECT DISTINCT index_version FROM members WHERE tenant = $1"
        assert [row[0] for row in await reader.fetch(sql, tenant)] == [2]


async def test_of_many_who_sign_up_with_one_address_while_keys_change_one_is_a_member(
    visitor, asleep, operator, member, tenant
):
    await member()  # the keys are there, and known to both processes
    emails = [f"{uuid.uuid4().hex[:10]}@example.test" for _ in range(12)]

    async def all_at_once(email):
        await asyncio.sleep(emails.index(email) * 0.05)
        answers = await asyncio.gather(*(by.sign_up(email=email) for by in (visitor(), asleep) * 3))
        return sorted(answer.status_code for answer in answers)

    _, *found = await asyncio.gather(operator(tenant), *(all_at_once(email) for email in emails))
    assert found == [[201, 409, 409, 409, 409, 409]] * len(emails)


async def test_a_job_that_was_cut_off_is_finished_and_no_further_one_begun(
    member, visitor, operator, settings, database, tenant
):
    one = await member()
    async with open_database(settings.database_url) as own, open_vault(settings, own, ()) as vault:
        await make_version(own, vault.tenant_keys, tenant, for_index(EMAIL))
    # Here it died. Who was there is found, and nobody takes the address a second time.
    assert (await one.log_in(one.profile["email"])).status_code == 201
    again = await visitor().sign_up(email=one.profile["email"].upper())
    assert (again.status_code, again.json()["code"]) == (409, "email.taken")
    assert (await operator(tenant))[for_index(EMAIL)] == 1
    assert await live(database, tenant) == [2]
    assert (await one.log_in(one.profile["email"])).status_code == 201


async def test_an_address_is_changed_and_a_password_reset_after_it(member, operator, token_of, tenant):
    one = await member()
    await operator(tenant)
    asked = await one.call("POST", "/v1/password-resets", {"email": one.profile["email"]})
    assert asked.status_code == 202
    reset = {"token": await token_of(one, "reset_password"), "password": "another decent one"}
    done = await one.call("POST", "/v1/password-resets/confirmation", reset)
    assert done.status_code in (200, 204), done.text
    assert (await one.log_in(one.profile["email"], "another decent one")).status_code == 201
