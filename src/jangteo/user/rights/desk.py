"""Goes on with exports and withdrawals that are due: what a process began and did not end, another one ends."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jangteo.kit.background import alongside
from jangteo.kit.errors import JangteoError, Unavailable
from jangteo.kit.postgres import Database
from jangteo.user.rights.due import Table, take
from jangteo.user.rights.exports import Exports
from jangteo.user.rights.withdrawal import Withdrawals

log = logging.getLogger(__name__)


class RightsDesk:
    """Does what is due."""

    def __init__(self, database: Database, exports: Exports, withdrawals: Withdrawals, sweep_seconds: float) -> None:
        self._database = database
        self._work: dict[Table, Exports | Withdrawals] = {"exports": exports, "withdrawals": withdrawals}
        self._sweep_seconds = sweep_seconds

    async def do_due(self) -> int:
        """Do the next step of everything that is due; return how many there were. Raises Unavailable."""
        count = 0
        for table, work in self._work.items():
            for due in await take(self._database, table):
                count += 1
                try:
                    await work.go_on(due)
                except Unavailable as error:
                    log.info("%s %s waits: %s", table, due.id, error)
                    await work.postpone(due)
                except JangteoError as error:
                    log.warning("%s %s cannot go on: %s", table, due.id, error)
                    await work.postpone(due)
        return count

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Do what is due while the block runs."""
        async with alongside(self._for_ever(), "rights desk"):
            yield

    async def _for_ever(self) -> None:
        while True:
            try:
                await self.do_due()
            except Unavailable as error:
                log.warning("exports and withdrawals wait: %s", error)
            except Exception:
                log.exception("going on with exports and withdrawals failed")
            await asyncio.sleep(self._sweep_seconds)
