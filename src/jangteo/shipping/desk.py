"""The desk: deals with carriers after the commit that calls for it, and takes up what a crash or an outage left."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from datetime import timedelta

from jangteo.kit.errors import NotFound, Unavailable
from jangteo.kit.postgres import Database
from jangteo.kit.privacy import Vault
from jangteo.shipping import commands, store
from jangteo.shipping.carriers.interface import AlreadyPickedUp, Carrier, CarrierRefuses
from jangteo.shipping.clients import Addresses
from jangteo.shipping.domain import Shipment, Task

log = logging.getLogger(__name__)

BATCH = 32
RETRY_FIRST_SECONDS = 0.5
RETRY_MOST_SECONDS = 60.0
# A poll that found nothing new is repeated less and less often.
POLL_MOST_SECONDS = 7200.0


class Desk:
    """Does the tasks of shipments until it is stopped. Every carrier call bears repetition under the same key."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        addresses: Addresses,
        carriers: Mapping[str, Carrier],
        *,
        lease_seconds: float,
        sweep_seconds: float,
        poll_after: float,
    ) -> None:
        self._database = database
        self._vault = vault
        self._addresses = addresses
        self._carriers = carriers
        self._lease = timedelta(seconds=lease_seconds)
        self._sweep_seconds = sweep_seconds
        self._poll_after = poll_after
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Look for due tasks at once."""
        self._wake.set()

    async def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run(), name="shipping desk")

    async def stop(self) -> None:
        """Finish what is in hand and stop."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                found = await self.work_off()
            except Unavailable:
                found = 0
            except Exception:
                log.exception("the desk failed; it goes on")
                found = 0
            if found < BATCH:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._sweep_seconds)

    async def work_off(self) -> int:
        """Do one batch of due tasks and return how many there were. Raises Unavailable without the database."""
        due = await store.lease_due(self._database, self._lease, BATCH)
        await asyncio.gather(*(self._do(shipment) for shipment in due))
        return len(due)

    async def _do(self, shipment: Shipment) -> None:
        try:
            if shipment.task is Task.REGISTER:
                await self._register(shipment)
            elif shipment.task is Task.VOID:
                await self._void(shipment)
            elif shipment.task is Task.POLL:
                await self._poll(shipment)
        except Unavailable as error:
            log.warning("%s of shipment %s is tried again: %s", shipment.task, shipment.id, error)
            await self._later(shipment, min(RETRY_FIRST_SECONDS * 2 ** min(shipment.tries, 10), RETRY_MOST_SECONDS))
        except Exception:
            log.exception("%s of shipment %s failed; it is tried again", shipment.task, shipment.id)
            await self._later(shipment, RETRY_MOST_SECONDS)

    async def _later(self, shipment: Shipment, seconds: float) -> None:
        with contextlib.suppress(Unavailable):  # without the database the lease runs out by itself
            await commands.postpone(self._database, shipment, seconds)

    async def _register(self, shipment: Shipment) -> None:
        carrier = self._carriers[shipment.carrier]
        try:
            address = await self._addresses.of_order(shipment.tenant, shipment.order_id)
            await commands.keep_recipient(self._database, self._vault, shipment, address)
            number = await carrier.register(shipment.id, address, shipment.weight_grams)
        except (CarrierRefuses, NotFound) as error:
            log.warning("shipment %s cannot be sent: %s", shipment.id, error)
            await commands.record_refusal(self._database, shipment.id, shipment.tenant)
            return
        await commands.record_parcel(self._database, shipment.id, shipment.tenant, number, self._poll_after)
        self.wake()

    async def _void(self, shipment: Shipment) -> None:
        if shipment.number is None:
            return
        try:
            await self._carriers[shipment.carrier].void(shipment.number)
        except AlreadyPickedUp:
            await commands.record_too_late(self._database, shipment.id, shipment.tenant)
            self.wake()
            return
        await commands.record_void(self._database, shipment.id, shipment.tenant)

    async def _poll(self, shipment: Shipment) -> None:
        if shipment.number is None:
            return
        sightings = await self._carriers[shipment.carrier].track(shipment.number)
        # Should nothing be new, the next look is later than this one was.
        await self._later(shipment, min(self._poll_after * 2 ** min(shipment.tries, 10), POLL_MOST_SECONDS))
        for sighting in sorted(sightings, key=lambda one: one.at):
            await commands.note_sighting(self._database, shipment.tenant, shipment.id, sighting, self._poll_after)
