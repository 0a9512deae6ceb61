"""Hashing happens beside the event loop, for strangers as for members, and never more of it than can be borne."""

import asyncio
import threading
import unicodedata

import pytest

from jangteo.user import passwords
from jangteo.user.passwords import Passwords, TooBusy


@pytest.fixture
def hasher():
    made = Passwords(4)
    yield made
    made.close()


async def test_a_password_matches_its_own_hash_only(hasher):
    stored = await hasher.hash("비밀번호 하나")
    assert stored.startswith("$2b$04$")
    assert await hasher.matches("비밀번호 하나", stored)
    assert await hasher.matches(unicodedata.normalize("NFD", "비밀번호 하나"), stored)
    assert not await hasher.matches("비밀번호 둘", stored)


async def test_every_byte_of_a_long_password_counts_and_a_zero_byte_ends_nothing(hasher):
    stored = await hasher.hash("x" * 100 + "a")
    assert not await hasher.matches("x" * 100 + "b", stored)
    zero = await hasher.hash("before\x00after")
    assert not await hasher.matches("before\x00", zero)


async def test_a_stranger_never_matches_though_the_work_is_done(hasher):
    assert not await hasher.matches("anything", None)
    assert not await hasher.matches("", None)


async def test_the_work_is_done_by_two_threads_at_the_most(hasher):
    before = set(threading.enumerate())
    await asyncio.gather(*(hasher.hash(f"{number}") for number in range(20)))
    names = [thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("bcrypt")]
    assert 0 < len(names) <= 2


async def test_more_than_can_wait_are_turned_away(hasher):
    outcomes = await asyncio.gather(
        *(hasher.hash("x") for _ in range(passwords.MAX_WAITING + 20)), return_exceptions=True
    )
    refused = [outcome for outcome in outcomes if isinstance(outcome, TooBusy)]
    assert len(refused) == 20
    assert await hasher.hash("x")
