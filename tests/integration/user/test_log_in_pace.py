"""Guessing is slowed down: pauses that grow, then a lock that its owner is told of; and hashes that keep up."""

import asyncio
from datetime import UTC, datetime

import msgspec
import pytest

from jangteo.kit.clock import MovableClock
from jangteo.user.main import assemble

LAST = 10


@pytest.fixture
async def later(settings, visitor_of):
    """Somebody at a service whose clock is in our hand, `settings` of its own."""
    clock = MovableClock(datetime.now(UTC))
    paced = msgspec.structs.replace(settings, login_free_attempts=4, login_attempts_per_account=LAST, bcrypt_cost=5)
    async with assemble(paced, clock) as application:
        someone = visitor_of(application)
        someone.clock = clock
        yield someone
        await someone.http.aclose()


async def guess(someone, email, times):
    """Guess so often, waiting as told in between; return the seconds that each next attempt had to wait."""
    pauses = []
    for _ in range(times):
        answer = await someone.log_in(email, "a guess")
        if answer.status_code == 429:
            pauses.append(int(answer.headers["retry-after"]))
            someone.clock.advance(pauses[-1])
            answer = await someone.log_in(email, "a guess")
        assert (answer.status_code, answer.json()["code"]) == (401, "login.failed")
    return pauses


async def test_each_failure_makes_the_next_attempt_wait_longer_until_the_account_is_locked(later, visitor, settings):
    email = (await visitor().sign_up()).json()["email"]
    assert await guess(later, email, LAST) == [1, 2, 4, 8, 16, 32]
    for _ in range(2):
        refused = await later.log_in(email)
        assert (refused.status_code, refused.json()["code"]) == (429, "login.throttled")
    assert int(refused.headers["retry-after"]) == settings.login_window_seconds
    later.clock.advance(settings.login_window_seconds)
    assert (await later.log_in(email)).status_code == 201


async def test_logging_in_forgets_the_failures(later, visitor, settings):
    email = (await visitor().sign_up()).json()["email"]
    for _ in range(3):
        assert await guess(later, email, 3) == []
        assert (await later.log_in(email)).status_code == 201


async def test_the_owner_of_a_locked_account_is_told_once(later, member, letters, settings):
    someone = await member()
    email = someone.profile["email"]
    await guess(later, "nobody@example.test", LAST)
    await guess(later, email, LAST)
    assert (await later.log_in(email)).status_code == 429
    [letter] = await letters(someone, "login_locked")
    assert letter["email"] == email
    assert datetime.fromisoformat(letter["parameters"]["until"]) > datetime.now(UTC)


async def test_a_hash_that_was_made_with_less_work_is_made_anew_at_log_in(later, visitor, database):
    email = (await visitor().sign_up()).json()["email"]

    async def hash_of():
        async with database.read(later.tenant) as reader:
            return await reader.fetchval("SELECT password_hash FROM members WHERE tenant = $1", later.tenant)

    assert (await hash_of()).startswith("$2b$04$")
    assert (await later.log_in(email, "a guess")).status_code == 401
    assert (await hash_of()).startswith("$2b$04$")
    assert (await later.log_in(email)).status_code == 201
    better = await hash_of()
    assert better.startswith("$2b$05$")
    assert (await later.log_in(email)).status_code == 201
    assert await hash_of() == better


async def test_log_ins_that_improve_a_hash_at_once_all_get_in(later, visitor, settings):
    email = (await visitor().sign_up()).json()["email"]
    answers = await asyncio.gather(*(later.log_in(email) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
