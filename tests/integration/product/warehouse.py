"""A shop's stock on real PostgreSQL, driven by the commands of the saga."""

from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

from jangteo.contracts.product import AvailabilityChanged, StockLine
from jangteo.product.audit import find_differences
from jangteo.product.domain.stock import Reason
from jangteo.product.stock import commands, store
from jangteo.product.stock.store import Shift

HOUR = timedelta(hours=1)
TAKE_IN = Shift(1, 0, 0, Reason.INCOMING)


class Warehouse:
    """A shop's stock, driven by the commands of the saga; keeps what was said."""

    def __init__(self, database, tenant, clock):
        self.database, self.tenant, self.clock = database, tenant, clock
        self.said = []

    async def stock(self, **quantities):
        async with self.database.transaction(self.tenant) as transaction:
            await store.add_items(transaction, dict.fromkeys(quantities, uuid4()))
            await store.lock(transaction, list(quantities))
            await store.shift(transaction, {s: q for s, q in quantities.items() if q}, TAKE_IN, "test")

    async def _do(self, command, *arguments):
        async with self.database.transaction(self.tenant) as transaction:
            await command(transaction, *arguments)
            messages = list(transaction._messages)
        self.said += messages
        return next(message for message in messages if not isinstance(message, AvailabilityChanged))

    async def reserve(self, order, expires_in=HOUR, **quantities):
        lines = [StockLine(sku=sku, quantity=quantity) for sku, quantity in quantities.items()]
        return await self._do(commands.reserve, order, lines, self.clock.now() + expires_in)

    async def commit(self, order):
        return await self._do(commands.commit, order)

    async def release(self, order):
        return await self._do(commands.release, order)

    async def expire(self):
        return await commands.expire_due(self.database)

    async def counts(self, sku):
        async with self.database.read(self.tenant) as reader:
            row = await reader.fetchrow(
                "SELECT on_hand, reserved, sold, on_hand - reserved AS available FROM stock_items"
                " WHERE tenant = $1 AND sku = $2",
                self.tenant,
                sku,
            )
        return SimpleNamespace(**dict(row))

    async def is_sound(self):
        return not [wrong for wrong in await find_differences(self.database) if wrong.tenant == self.tenant]
