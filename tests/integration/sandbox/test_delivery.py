"""Webhooks are repeated until they arrive or are too old, and one that hangs holds up nobody else's."""

from pathlib import Path
from typing import Any

import pytest

from jangteo.sandbox.database import Database
from jangteo.sandbox.delivery import SCHEMA, Deliveries, Schedule
from jangteo.sandbox.housekeeping import alongside


def queue(database: Database, deliveries: Deliveries, subject: str) -> int:
    with database.transaction():
        return deliveries.queue(f"evt_{subject}", "test", subject, f'"{subject}"'.encode(), due_at=0.0)


@pytest.fixture
def database(tmp_path: Path) -> Any:
    opened = Database(tmp_path / "queue.sqlite3", SCHEMA)
    yield opened
    opened.close()


async def test_a_webhook_is_repeated_until_it_is_taken(database: Database, receiver: Any, until: Any) -> None:
    receiver.answers = [500, 302, 404]
    deliveries = Deliveries(database, Schedule(url=receiver.url, secret="whsec_of_the_tests", retry_first=0.01))
    async with alongside(deliveries.run()):
        queue(database, deliveries, "a")
        await receiver.wait_for(4)

        async def line() -> Any:
            return deliveries.recent(subject="a")[0]

        done = await until(line, lambda line: line.state == "delivered")
    assert (done.attempts, done.status) == (4, 200)
    assert len({hook.body for hook in receiver.hooks}) == 1


async def test_a_webhook_that_nobody_takes_is_given_up_when_it_is_too_old(
    database: Database, receiver: Any, until: Any
) -> None:
    receiver.answers = [500] * 1000
    schedule = Schedule(url=receiver.url, secret="s", retry_first=0.01, retry_most=0.02, give_up_after=0.05)
    deliveries = Deliveries(database, schedule)
    async with alongside(deliveries.run()):
        queue(database, deliveries, "a")

        async def line() -> Any:
            return deliveries.recent(subject="a")[0]

        await until(line, lambda line: line.state == "abandoned")


async def test_one_that_hangs_holds_up_its_own_subject_only(database: Database, receiver: Any) -> None:
    receiver.hanging = b"slow"
    deliveries = Deliveries(database, Schedule(url=receiver.url, secret="whsec_of_the_tests"))
    async with alongside(deliveries.run()):
        queue(database, deliveries, "slow")
        queue(database, deliveries, "slow")
        for number in range(30):
            queue(database, deliveries, f"quick-{number}")
        await receiver.wait_for(30, "quick")
        assert len(receiver.hooks) == 30
        receiver.released.set()
        await receiver.wait_for(2, "slow")


async def test_what_a_rolled_back_transaction_queued_is_never_sent(database: Database, receiver: Any) -> None:
    deliveries = Deliveries(database, Schedule(url=receiver.url, secret="whsec_of_the_tests"))
    async with alongside(deliveries.run()):
        with pytest.raises(ZeroDivisionError), database.transaction():
            deliveries.queue("evt_lost", "test", "lost", b'"lost"', due_at=0.0)
            raise ZeroDivisionError
        queue(database, deliveries, "kept")
        await receiver.wait_for(1)
    assert [hook.body for hook in receiver.hooks] == [b'"kept"']
