"""Keeps this process's indexes in line with the catalogue: opens them, follows events, repairs after a gap."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

from jangteo.kit.errors import Unavailable
from jangteo.product.search.building import Builder
from jangteo.product.search.index import ProductIndex
from jangteo.product.search.shelf import Shelf

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.1  # a commit costs 20 ms of CPU: changes that come together are written together
LOOK_SECONDS = 1.0
RETRY_SECONDS = 1.0
STOP_SECONDS = 5.0


class IndexMissing(Unavailable):
    """The index of a shop is being built for the first time."""

    code = "search.index_missing"


class Keeper:
    """The open indexes, one a shop. `on_change` is told the shop whenever something else can be found."""

    def __init__(
        self, builder: Builder, folder: Path, tenants: Sequence[str], on_change: Callable[[str], None]
    ) -> None:
        self._builder = builder
        self._shelves = {tenant: Shelf(folder / tenant) for tenant in tenants}
        self._on_change = on_change
        self._open: dict[str, tuple[str, ProductIndex]] = {}
        self._changed: dict[str, set[UUID]] = {}
        self._doubtful: set[str] = set(tenants)
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Open what is on disk and begin to follow the catalogue."""
        for tenant, shelf in self._shelves.items():
            name = shelf.current()
            if name is not None:
                self._open[tenant] = (name, shelf.open(name))
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """Finish the write in hand, stop following, close the indexes."""
        self._stopping = True
        self._wake.set()
        if self._task is not None:
            with contextlib.suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(self._task, STOP_SECONDS)
        for _, index in self._open.values():
            await asyncio.to_thread(index.rest)

    def index(self, tenant: str) -> ProductIndex:
        """Return the index of a shop. Raises IndexMissing while it is built for the first time."""
        try:
            return self._open[tenant][1]
        except KeyError:
            raise IndexMissing() from None

    async def check(self) -> None:
        """Raise IndexMissing unless every shop can be searched."""
        for tenant in self._shelves:
            self.index(tenant)

    def product_changed(self, tenant: str, product_id: UUID) -> None:
        """Note that a product must be written anew."""
        if tenant in self._shelves:
            self._changed.setdefault(tenant, set()).add(product_id)
            self._wake.set()

    def doubt(self) -> None:
        """Compare every index with its catalogue: events may have been missed."""
        self._doubtful.update(self._shelves)
        self._wake.set()

    async def _work(self) -> None:
        while not self._stopping:
            try:
                await self._take_up_rebuilt()
                while self._doubtful and not self._stopping:
                    await self._compare(next(iter(self._doubtful)))
                await self._write_changed()
                busy = False
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)
                    busy = True
                    await asyncio.sleep(GATHER_SECONDS)
                self._wake.clear()
                if not busy:
                    await self._rest()
            except Unavailable as error:
                log.warning("the search index waits: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("the search index could not be brought up to date; it is compared again")
                await asyncio.sleep(RETRY_SECONDS)
                self._doubtful.update(self._shelves)

    async def _rest(self) -> None:
        for _, index in self._open.values():
            if index.is_writing:
                await asyncio.to_thread(index.rest)

    async def _take_up_rebuilt(self) -> None:
        """Use an index that another process has built meanwhile."""
        for tenant, shelf in self._shelves.items():
            name, old = shelf.current(), self._open.get(tenant)
            if name is None or old is None or old[0] == name:
                continue
            self._open[tenant] = (name, await asyncio.to_thread(shelf.open, name))
            self._doubtful.add(tenant)
            await asyncio.to_thread(old[1].rest)
            shelf.remove_others(name)
            log.info("search uses a rebuilt index", extra={"shop": tenant, "index": name})

    async def _compare(self, tenant: str) -> None:
        shelf = self._shelves[tenant]
        if tenant not in self._open:
            name, index = await self._builder.create(shelf, tenant)
            await self._builder.reconcile(tenant, index)
            shelf.use(name)
            shelf.remove_others(name)
            self._open[tenant] = (name, index)
            self._on_change(tenant)
            await asyncio.to_thread(index.rest)
        elif await self._builder.reconcile(tenant, self._open[tenant][1]):
            self._on_change(tenant)
        self._doubtful.discard(tenant)

    async def _write_changed(self) -> None:
        for tenant in list(self._changed):
            ids = self._changed.pop(tenant)
            try:
                await self._builder.refresh(tenant, self._open[tenant][1], sorted(ids))
            except Unavailable:
                self._changed.setdefault(tenant, set()).update(ids)
                raise
            self._on_change(tenant)
