"""The desk: calls providers after the commit that calls for it, and sweeps up what a crash or an outage left undone.

Work that has just been recorded is done at once. Work found by the sweep is of unknown fate, so the provider is
queried first, and asked again, under the same key, only for what it shows not to be done.
"""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID

from jangteo.kit.errors import Unavailable
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Database
from jangteo.payment import store
from jangteo.payment.commands.cancel import close_cancellation
from jangteo.payment.commands.record import record, record_refund
from jangteo.payment.domain import refunding, steps
from jangteo.payment.domain.attempt import Attempt, Change, Refund, Seen
from jangteo.payment.domain.moment import Moment, Patience
from jangteo.payment.domain.observing import matches, observe
from jangteo.payment.providers import Providers
from jangteo.payment.providers.interface import NotReached, OutcomeUnknown, OutOfStep, Refused
from jangteo.payment.states import RefundState, State

log = logging.getLogger(__name__)

BATCH = 50
# What exceeds it waits for the sweep instead of piling up in memory.
MOST_AT_ONCE = 500
REMEMBERED = 500


class Desk:
    """Calls the providers of one process; see `jangteo.payment.commands.desk.Desk`."""

    def __init__(
        self,
        database: Database,
        providers: Providers,
        *,
        patience: Patience,
        default_currency: str,
        sweep_every: float,
    ) -> None:
        self._database = database
        self._providers = providers
        self._patience = patience
        self._default_currency = default_currency
        self._sweep_every = sweep_every
        self._recent: dict[UUID, Attempt] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def provider_names(self) -> frozenset[str]:
        """Return the providers that are on."""
        return frozenset(self._providers)

    def moment(self) -> Moment:
        """Return the circumstances of a decision made now."""
        return Moment(now=self._database.clock.now(), patience=self._patience, refund_id=new_id())

    def recall(self, payment_id: UUID) -> Attempt | None:
        """Return how an attempt was when this process last changed it, if that is not long ago."""
        return self._recent.get(payment_id)

    async def start(self) -> None:
        """Begin to sweep."""
        self._sweeper = asyncio.create_task(self._sweep_for_ever(), name="payment sweep")

    async def stop(self) -> None:
        """Finish what is in hand; what takes longer than its lease is left to the next sweep."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._patience.lease)

    def follow(self, change: Change) -> None:
        """Do what a saved change calls for."""
        attempt = change.attempt
        self._recent[attempt.id] = attempt
        if len(self._recent) > REMEMBERED:
            self._recent.pop(next(iter(self._recent)))
        if change.ask:
            self._do(self._operate(attempt))
        for refund in change.refunds:
            if refund.state is RefundState.REQUESTED and refund.tries == 0:
                self._do(self._give_back(attempt, refund))
        if attempt.unwanted and attempt.is_clear:
            self._do(close_cancellation(self._database, attempt.tenant, attempt.order_id, self._default_currency))

    async def sweep(self) -> int:
        """Take up everything that is due, at most a batch of each kind; return how much was found."""
        now = self._database.clock.now()
        until = now + timedelta(seconds=self._patience.lease)
        async with self._database.system() as tx:
            attempts = await store.claim_due(tx, now, until, BATCH)
            refunds = await store.claim_due_refunds(tx, now, until, BATCH)
            unclosed = await store.unclosed_cancellations(tx, BATCH)
        for attempt in attempts:
            self._do(self._look_after(attempt))
        for refund in refunds:
            self._do(self._look_after_refund(refund))
        for tenant, order_id in unclosed:
            self._do(close_cancellation(self._database, tenant, order_id, self._default_currency))
        return len(attempts) + len(refunds) + len(unclosed)

    async def settle(self) -> None:
        """Wait until nothing is in hand."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                found = await self.sweep() if len(self._tasks) < MOST_AT_ONCE else 0
            except Unavailable:
                found = 0
            except Exception:
                log.exception("the sweep of payments failed")
                found = 0
            await asyncio.sleep(0 if found >= BATCH else self._sweep_every)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        if len(self._tasks) >= MOST_AT_ONCE:
            work.close()
            return
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Unavailable as error:
            log.warning("left to the sweep: %s", error)
        except Exception:
            log.exception("an operation failed; the sweep takes it up")

    async def _operate(self, attempt: Attempt) -> None:
        """Ask the provider for what the attempt is about to do, and record what comes of it."""
        try:
            seen = await self._ask(attempt)
        except NotReached:
            await self._record(attempt, steps.after_not_reached)
        except OutcomeUnknown:
            await self._record(attempt, steps.lose_track)
        except OutOfStep:
            await self._resolve(attempt, again=False)
        except Refused as refusal:
            await self._refused(attempt, refusal.reason)
        else:
            await self._show(attempt, seen)

    async def _ask(self, attempt: Attempt) -> Seen:
        provider = self._providers[attempt.provider]
        if attempt.state is State.AUTHORISING:
            return await provider.authorise(attempt)
        return await (provider.capture if attempt.state is State.CAPTURING else provider.void)(attempt)

    async def _look_after(self, attempt: Attempt) -> None:
        """Take up an attempt of unknown fate."""
        if attempt.provider not in self._providers:
            log.error("attempt %s waits for provider %s, which is switched off", attempt.id, attempt.provider)
            return
        if attempt.state is State.AUTHORISING and attempt.asked == 0:
            await self._record(attempt, steps.ask_first_time)
            return
        await self._resolve(attempt, again=True)

    async def _resolve(self, attempt: Attempt, *, again: bool) -> None:
        """Look at the provider's payment; where that is no news and `again`, ask again for what is not done."""
        try:
            seen = await self._providers[attempt.provider].query(attempt)
        except (NotReached, OutcomeUnknown):
            await self._record(attempt, steps.postpone)
            return
        if seen is None:
            log.warning("the provider does not know attempt %s (%s)", attempt.id, attempt.state)
            await self._record(attempt, steps.after_not_found if again else steps.postpone)
            return
        await self._show(attempt, seen, otherwise=steps.after_no_news if again else steps.postpone)

    async def _show(self, attempt: Attempt, seen: Seen, otherwise: Any = None) -> None:
        if not matches(attempt, seen):
            log.error("the provider's payment %s is not what attempt %s asked for", seen.provider_id, attempt.id)
        state = attempt.state

        def decide(current: Attempt) -> Change | None:
            change = observe(current, seen, self.moment())
            if change is None and otherwise is not None and current.state is state:
                follow_up: Change = otherwise(current, self.moment())
                return follow_up
            return change

        await record(self._database, self, attempt, decide)

    async def _record(self, attempt: Attempt, rule: Any) -> None:
        state = attempt.state

        def decide(current: Attempt) -> Change | None:
            # A webhook was quicker: what we wanted to wait for is known.
            return rule(current, self.moment()) if current.state is state else None

        await record(self._database, self, attempt, decide)

    async def _refused(self, attempt: Attempt, reason: str) -> None:
        log.info("the provider refused attempt %s (%s): %s", attempt.id, attempt.state, reason)
        await self._record(attempt, lambda current, at: steps.after_refusal(current, reason, at))

    async def _give_back(self, attempt: Attempt, refund: Refund) -> None:
        """Ask the provider for a refund and record what comes of it."""
        provider = self._providers[attempt.provider]
        try:
            seen = await provider.refund(attempt, refund)
        except (NotReached, OutcomeUnknown):
            await self._record_refund(refund, lambda a, r: refunding.postpone(a, r, self.moment()))
        except (OutOfStep, Refused) as refusal:
            log.error("the provider refused refund %s: %s", refund.id, refusal)
            reason = str(refusal)
            await self._record_refund(refund, lambda a, r: refunding.refuse(a, r, reason, self.moment()))
        else:
            await self._record_refund(refund, lambda a, r: refunding.succeed(a, r, seen, self.moment()))

    async def _look_after_refund(self, refund: Refund) -> None:
        """Take up a refund of unknown fate: look for it first, ask again under the same key where it is not made."""
        async with self._database.read(refund.tenant) as reader:
            attempt = await store.load(reader, refund.payment_id)
        if attempt is None or attempt.provider not in self._providers:
            return
        try:
            seen = await self._providers[attempt.provider].find_refund(attempt, refund)
        except (NotReached, OutcomeUnknown):
            await self._record_refund(refund, lambda a, r: refunding.postpone(a, r, self.moment()))
            return
        if seen is None:
            await self._give_back(attempt, refund)
        else:
            await self._record_refund(refund, lambda a, r: refunding.succeed(a, r, seen, self.moment()))

    async def _record_refund(self, refund: Refund, rule: Any) -> None:
        def decide(attempt: Attempt, current: Refund) -> Change | None:
            change: Change | None = rule(attempt, current) if current.state is RefundState.REQUESTED else None
            return change

        await record_refund(self._database, self, refund, decide)
