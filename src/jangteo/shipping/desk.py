"""The desk: deals with carriers after the commit that calls for it, and takes up what a crash or an outage left.

A task is a column of its shipment, due at a time; taking it moves that time on by a lease. A process that dies leaves
its leases to run out. Every call bears repetition, so two processes with one lease do no harm, only work.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from jangteo.kit.errors import NotFound, Unavailable
from jangteo.kit.postgres import Database
from jangteo.kit.privacy import Vault
from jangteo.shipping import commands, store
from jangteo.shipping.carriers.interface import AlreadyPickedUp, Carrier, CarrierNotReached, CarrierRefuses
from jangteo.shipping.clients import Addresses
from jangteo.shipping.domain import Shipment, Task

log = logging.getLogger(__name__)

BATCH = 32
MOST_AT_ONCE = 64
RETRY_FIRST_SECONDS = 0.5
RETRY_MOST_SECONDS = 60.0
# A poll that found nothing new is repeated less and less often.
POLL_MOST_SECONDS = 7200.0
# An order that says that it does not exist, though it sent the command, is asked so often before it is believed.
ADDRESS_TRIES = 5
# A parcel that is wanted back is looked for so often, over 3.5 seconds, before it is taken as never made.
LOOKS = 4
# A lease outlives the work that it is for, which is cut off in time.
LEASE_FACTOR = 1.25


class Desk:
    """Does the tasks of shipments until it is stopped, many at once: a slow carrier delays its own parcels only."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        addresses: Addresses,
        carriers: Mapping[str, Carrier],
        *,
        work_seconds: float,
        sweep_seconds: float,
        poll_after: float,
    ) -> None:
        self._database = database
        self._vault = vault
        self._addresses = addresses
        self._carriers = carriers
        self._work_seconds = work_seconds
        self._lease = timedelta(seconds=LEASE_FACTOR * work_seconds)
        self._sweep_seconds = sweep_seconds
        self._poll_after = poll_after
        self._wake = asyncio.Event()
        self._stopping = False
        self._loop: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look for due tasks at once."""
        self._wake.set()

    def lease(self, now: datetime) -> datetime | None:
        """Return until when a task made now is taken care of by `take`, or None where there is no room for it."""
        return now + self._lease if len(self._tasks) < MOST_AT_ONCE else None

    def take(self, shipment: Shipment) -> None:
        """Begin the task of a shipment that was stored under the lease."""
        task = asyncio.create_task(self._do(shipment))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def start(self) -> None:
        """Begin to work."""
        self._loop = asyncio.create_task(self._run(), name="shipping desk")

    async def stop(self) -> None:
        """Finish what is in hand and stop."""
        self._stopping = True
        self._wake.set()
        if self._loop is not None:
            await self._loop
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                pause = await self._take_up()
            except Unavailable:
                pause = self._sweep_seconds
            except Exception:
                log.exception("the desk failed; it goes on")
                pause = self._sweep_seconds
            if pause > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), pause)

    async def _take_up(self) -> float:
        """Begin what is due, and return for how long nothing else will be, in seconds. Raises Unavailable."""
        room = min(BATCH, MOST_AT_ONCE - len(self._tasks))
        if room <= 0:
            return self._sweep_seconds
        due, next_at = await store.lease_due(self._database, self._lease, room)
        for shipment in due:
            self.take(shipment)
        if len(due) == room or next_at is None:
            return 0 if due else self._sweep_seconds
        return min(max((next_at - self._database.clock.now()).total_seconds(), 0.0), self._sweep_seconds)

    def _done(self, task: asyncio.Task[None]) -> None:
        if len(self._tasks) >= MOST_AT_ONCE:
            self._wake.set()
        self._tasks.discard(task)

    async def _do(self, shipment: Shipment) -> None:
        try:
            async with asyncio.timeout(self._work_seconds):
                await self._perform(shipment)
        except (Unavailable, TimeoutError) as error:
            log.warning("%s of shipment %s is tried again: %s", shipment.task, shipment.id, str(error) or "out of time")
            await self._later(shipment, self._pause(shipment))
        except Exception:
            log.exception("%s of shipment %s failed; it is tried again", shipment.task, shipment.id)
            await self._later(shipment, max(self._pause(shipment), RETRY_MOST_SECONDS))

    async def _perform(self, shipment: Shipment) -> None:
        match shipment.task:
            case Task.REGISTER:
                await self._register(shipment)
            case Task.VOID:
                await self._void(shipment)
            case Task.POLL:
                await self._poll(shipment)

    def _pause(self, shipment: Shipment) -> float:
        doublings = 1 << min(max(shipment.tries - 1, 0), 16)
        if shipment.task is Task.POLL:
            return min(self._poll_after * doublings, POLL_MOST_SECONDS)
        return min(RETRY_FIRST_SECONDS * doublings, RETRY_MOST_SECONDS)

    async def _later(self, shipment: Shipment, seconds: float) -> None:
        with contextlib.suppress(Unavailable):  # without the database the lease runs out by itself
            await commands.postpone(self._database, shipment, seconds)
            self.wake()

    async def _register(self, shipment: Shipment) -> None:
        carrier = self._carriers[shipment.carrier]
        address, number = None, None
        if shipment.asked > 1:
            # An earlier call was not answered: what it did is looked up, never blindly done again.
            number = await carrier.find(shipment.id)
        if number is None and shipment.wanted_back:
            await self._give_up_looking(shipment)
            return
        try:
            if number is None:
                address = await self._addresses.of_order(shipment.tenant, shipment.order_id)
                number = await carrier.register(shipment.id, address, shipment.weight_grams)
        except CarrierNotReached as error:
            log.warning("shipment %s waits for its carrier: %s", shipment.id, error)
            await commands.record_not_reached(self._database, shipment, self._pause(shipment))
            self.wake()
        except (CarrierRefuses, NotFound) as error:
            if isinstance(error, NotFound) and shipment.tries < ADDRESS_TRIES:
                raise Unavailable() from error
            log.warning("shipment %s cannot be sent: %s", shipment.id, error)
            await commands.record_refusal(self._database, shipment)
        else:
            if await commands.record_parcel(self._database, self._vault, shipment, number, address, self._poll_after):
                self.wake()

    async def _give_up_looking(self, shipment: Shipment) -> None:
        # A call that was cut off may still be on its way, so that one look is not enough.
        if shipment.tries < LOOKS:
            await self._later(shipment, self._pause(shipment))
        else:
            await commands.record_refusal(self._database, shipment)

    async def _void(self, shipment: Shipment) -> None:
        if shipment.number is None:
            return
        try:
            await self._carriers[shipment.carrier].void(shipment.number)
        except AlreadyPickedUp:
            await commands.record_too_late(self._database, shipment)
            self.wake()
            return
        await commands.record_void(self._database, shipment)

    async def _poll(self, shipment: Shipment) -> None:
        if shipment.number is None:
            return
        seen = await self._carriers[shipment.carrier].track(shipment.number)
        if not await commands.note_sightings(self._database, shipment.tenant, shipment.id, seen, self._poll_after):
            await commands.postpone(self._database, shipment, self._pause(shipment))
