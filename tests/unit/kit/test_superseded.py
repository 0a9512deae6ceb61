"""Tokens of members whose roles changed: refused within a minute whatever fails, and nobody else waits for that."""

import asyncio
import uuid

import pytest

from jangteo.kit import superseded
from jangteo.kit.errors import NotFound, Unavailable
from jangteo.kit.superseded import StandingUnknown, Superseded, TokenSuperseded

STAFF = uuid.uuid4()


class UserService:
    """What the user service would answer, and how often it was asked."""

    def __init__(self):
        self.versions, self.asked, self.fault, self.waits = {}, 0, None, asyncio.Event()
        self.waits.set()

    async def fetch(self):
        self.asked += 1
        said = dict(self.versions)
        await self.waits.wait()
        if self.fault is not None:
            raise self.fault
        return said


class Time:
    """The clock of the token check, in our hand."""

    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def service():
    return UserService()


@pytest.fixture
def known(service, clock):
    return Superseded(service.fetch, clock)


@pytest.fixture
def clock():
    return Time()


async def check(known, version=0, privileged=True):
    await known.check("demo", STAFF, version, privileged=privileged)
    # The background task, where there is one, gets its turn.
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_older_token_is_refused_once_the_change_is_known(known, service, clock):
    await check(known)
    service.versions["demo", STAFF] = 1
    clock.now += superseded.ASK_SECONDS + 1
    await check(known)  # believed while the answer is on its way
    with pytest.raises(TokenSuperseded):
        await check(known)
    await check(known, version=1)
    await known.check("other", STAFF, 0, privileged=True)


async def test_the_user_service_is_asked_every_fifteen_seconds_and_not_more_often(known, service, clock):
    for _ in range(100):
        await check(known)
    assert service.asked == 1
    clock.now += superseded.ASK_SECONDS + 1
    for _ in range(100):
        await check(known)
    assert service.asked == 2


async def test_permissions_are_not_believed_for_a_minute_without_an_answer(known, service, clock):
    await check(known)
    service.fault = Unavailable()
    clock.now += superseded.BELIEVE_SECONDS - 1
    await check(known)
    clock.now += 2
    with pytest.raises(StandingUnknown):
        await check(known)
    service.fault = None
    clock.now += superseded.RETRY_SECONDS + 1
    await check(known)


async def test_customers_are_served_while_the_user_service_is_away_and_do_not_wait(known, service, clock):
    await check(known, privileged=False)
    service.fault = Unavailable()
    clock.now += 1000
    await check(known, privileged=False)
    service.waits.clear()
    clock.now += superseded.RETRY_SECONDS + 1
    await asyncio.wait_for(known.check("demo", STAFF, 0, privileged=False), 5)
    service.waits.set()


async def test_whoever_calls_after_a_long_pause_waits_for_the_answer(known, service, clock):
    await check(known, privileged=False)
    service.versions["demo", STAFF] = 1
    clock.now += 1000
    with pytest.raises(TokenSuperseded):
        await known.check("demo", STAFF, 0, privileged=False)


async def test_a_change_made_here_counts_at_once_even_while_an_older_answer_is_awaited(known, service, clock):
    await check(known)
    clock.now += superseded.ASK_SECONDS + 1
    service.waits.clear()
    await check(known)
    service.versions["demo", STAFF] = 1
    known.forget()
    service.waits.set()
    with pytest.raises(TokenSuperseded):
        await check(known)


async def test_a_user_service_of_before_supersedes_nothing(known, service):
    service.fault = NotFound()
    await check(known)
