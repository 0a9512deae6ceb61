"""The card processor as one piece: its books, its webhooks, its answers, its clock."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jangteo.kit.clock import unix_now
from jangteo.sandbox.database import Database
from jangteo.sandbox.delivery import Deliveries, Schedule
from jangteo.sandbox.idempotency import IdempotentAnswers
from jangteo.sandbox.pay import store
from jangteo.sandbox.pay.settings import PaySettings

DAY = 86400.0


@dataclass(frozen=True, slots=True)
class Pay:
    """What the commands and queries work with; `now` tells unix seconds."""

    settings: PaySettings
    database: Database
    deliveries: Deliveries
    answers: IdempotentAnswers
    now: Callable[[], float]

    def forget_old(self) -> None:
        """Drop tokens and keys of yesterday and finished deliveries of last week."""
        now = self.now()
        store.forget_tokens(self.database, now - DAY)
        self.answers.forget(now - DAY)
        self.deliveries.forget(now - 7 * DAY)


def open_pay(settings: PaySettings, now: Callable[[], float] = unix_now) -> Pay:
    """Open the books in the state folder, or begin them; whoever opens closes `database`."""
    database = Database(Path(settings.state_dir) / "pay.sqlite3", store.SCHEMA)
    schedule = Schedule(url=settings.webhook_url, secret=settings.webhook_secret, retry_first=settings.retry_first)
    return Pay(
        settings=settings,
        database=database,
        deliveries=Deliveries(database, schedule, now),
        answers=IdempotentAnswers(database, now),
        now=now,
    )
