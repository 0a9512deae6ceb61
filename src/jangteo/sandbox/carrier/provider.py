"""The carrier as one piece: its books, its webhooks, its answers, its pace, its clock."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from jangteo.kit.clock import unix_now
from jangteo.sandbox.carrier import store
from jangteo.sandbox.carrier.settings import CarrierSettings
from jangteo.sandbox.database import Database
from jangteo.sandbox.delivery import Deliveries, Schedule
from jangteo.sandbox.idempotency import IdempotentAnswers

DAY = 86400.0
PEOPLE_ARE_KEPT = 90 * DAY


@dataclass(slots=True)
class Carrier:
    """What the commands and queries work with; `now` tells unix seconds, `moved` wakes the movement of parcels."""

    settings: CarrierSettings
    database: Database
    deliveries: Deliveries
    answers: IdempotentAnswers
    now: Callable[[], float]
    seconds_per_leg: float
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def forget_old(self) -> None:
        """Drop keys of yesterday, finished deliveries of last week and the people of ninety days ago."""
        now = self.now()
        self.answers.forget(now - DAY)
        self.deliveries.forget(now - 7 * DAY)
        store.forget_people(self.database, now - PEOPLE_ARE_KEPT)


def open_carrier(settings: CarrierSettings, now: Callable[[], float] = unix_now) -> Carrier:
    """Open the books in the state folder, or begin them; whoever opens closes `database`."""
    database = Database(Path(settings.state_dir) / "carrier.sqlite3", store.SCHEMA)
    store.begin_numbers(database, now())
    schedule = Schedule(url=settings.webhook_url, secret=settings.webhook_secret, retry_first=settings.retry_first)
    return Carrier(
        settings=settings,
        database=database,
        deliveries=Deliveries(database, schedule, now),
        answers=IdempotentAnswers(database, now),
        now=now,
        seconds_per_leg=settings.speed,
    )
