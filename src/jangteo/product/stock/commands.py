"""What happens to the stock of an order: reserve, commit, release, expire. Each may be told any number of times.

Every command first takes the order's row in `reservations`: it decides what the command still means, and of two
commands for one order the second waits there for the first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from jangteo.contracts.product import (
    GoodsRestocked,
    ReservationExpired,
    StockCommitFailed,
    StockCommitted,
    StockLine,
    StockRefused,
    StockReleased,
    StockReserved,
)
from jangteo.kit.postgres import Database, Transaction
from jangteo.product.domain.stock import NotSold, find_shortages, less, require_sold, sum_lines
from jangteo.product.popularity import count_sold, take_off
from jangteo.product.states import Move, State, move
from jangteo.product.stock import store
from jangteo.product.stock.store import Shift

_RUN_OUT = """
SELECT order_id, tenant FROM reservations WHERE state = 'held' AND expires_at <= $1
ORDER BY expires_at LIMIT $2
"""
_STILL_HELD = """
SELECT 1 FROM reservations WHERE order_id = $1 AND tenant = $2 AND state = 'held' AND expires_at <= $3
FOR UPDATE SKIP LOCKED
"""
EXPIRED_AT_ONCE = 200


async def reserve(transaction: Transaction, order_id: UUID, lines: Sequence[StockLine], expires_at: datetime) -> None:
    """Hold all of `lines` until `expires_at`, or none; say StockReserved or StockRefused."""
    asked = sum_lines(lines)
    if await store.hold(transaction, order_id, move(None, Move.RESERVE), expires_at, asked):
        rows = await store.lock(transaction, list(asked))
        shortages = find_shortages(asked, {sku: row.available for sku, row in rows.items()})
        if shortages:
            await store.refuse(transaction, order_id, move(None, Move.REFUSE), shortages)
            transaction.send(StockRefused(order_id=order_id, shortages=shortages))
            return
        await store.shift(transaction, asked, store.RESERVE, str(order_id))
        transaction.send(StockReserved(order_id=order_id, expires_at=expires_at))
        return
    # A twin, or a release, was first.
    found = await store.find_reservation(transaction, order_id)
    if found is not None and found.state in (State.HELD, State.COMMITTED) and found.expires_at:
        transaction.send(StockReserved(order_id=order_id, expires_at=found.expires_at))
    else:
        transaction.send(StockRefused(order_id=order_id, shortages=found.shortages if found else []))


async def commit(transaction: Transaction, order_id: UUID) -> None:
    """Sell what is held; where the hold had expired, take it again if it is still there.

    Says StockCommitted or StockCommitFailed.
    """
    if await store.change_from(transaction, order_id, State.HELD, move(State.HELD, Move.COMMIT)):
        asked, _ = await store.lock_lines(transaction, order_id)
        await store.shift(transaction, asked, store.SELL_HELD, str(order_id))
        await count_sold(transaction, asked)
        transaction.send(StockCommitted(order_id=order_id))
        return
    found = await store.find_reservation(transaction, order_id)
    if found is not None and found.state is State.COMMITTED:
        transaction.send(StockCommitted(order_id=order_id))
        return
    if found is None or found.state is not State.EXPIRED:
        transaction.send(StockCommitFailed(order_id=order_id, shortages=[]))
        return
    asked, rows = await store.lock_lines(transaction, order_id)
    shortages = find_shortages(asked, {sku: row.available for sku, row in rows.items()})
    if shortages:
        transaction.send(StockCommitFailed(order_id=order_id, shortages=shortages))
        return
    await store.shift(transaction, asked, store.SELL, str(order_id))
    await count_sold(transaction, asked)
    await store.change_reservation(transaction, order_id, move(State.EXPIRED, Move.COMMIT))
    transaction.send(StockCommitted(order_id=order_id))


async def release(transaction: Transaction, order_id: UUID) -> None:
    """Give back whatever is held or sold, refuse a reservation that comes later, and say StockReleased."""
    found = await store.find_reservation(transaction, order_id)
    if found is None and not await store.open_reservation(transaction, order_id, move(None, Move.RELEASE)):
        found = await store.find_reservation(transaction, order_id)
    if found is not None and found.state not in (State.RELEASED, State.RESTOCKED):
        if found.state is State.HELD:
            await _give_back(transaction, order_id, store.RELEASE)
        elif found.state is State.COMMITTED:
            back = await _give_back(transaction, order_id, store.RESTOCK)
            await take_off(transaction, back, found.changed_at)
        await store.change_reservation(transaction, order_id, move(found.state, Move.RELEASE))
    transaction.send(StockReleased(order_id=order_id))


async def restock(transaction: Transaction, order_id: UUID, return_id: UUID, lines: Sequence[StockLine]) -> None:
    """Take a part of what was sold back, once for `return_id`, and say GoodsRestocked.

    Where the whole order was given back meanwhile there is nothing left to do. Raises ReturnedTooMuch.
    """
    found = await store.find_reservation(transaction, order_id)
    if found is not None and found.state is State.COMMITTED:
        back = sum_lines(lines)
        sold, _ = await store.lock_lines(transaction, order_id)
        returned = await store.returned(transaction, order_id)
        if await store.note_return(transaction, order_id, return_id, back):
            require_sold(back, less(sold, returned))
            await store.shift(transaction, back, store.RESTOCK, str(order_id))
            await take_off(transaction, back, found.changed_at)
    elif found is None or found.state is not State.RESTOCKED:
        raise NotSold(order=str(order_id))
    transaction.send(GoodsRestocked(order_id=order_id, return_id=return_id))


async def expire_due(database: Database) -> int:
    """Give back what ran out; say ReservationExpired for each order. Returns how many orders lost their hold.

    Raises Unavailable. Several processes may do this at once: an order that one of them has in hand is passed over.
    """
    now = database.clock.now()
    async with database.system() as sweep:
        due = await sweep.fetch(_RUN_OUT, now, EXPIRED_AT_ONCE)
    expired = 0
    for row in due:
        async with database.transaction(row["tenant"]) as transaction:
            expired += await _expire(transaction, row["order_id"], now)
    return expired


async def _expire(transaction: Transaction, order_id: UUID, now: datetime) -> bool:
    if await transaction.fetchval(_STILL_HELD, order_id, transaction.tenant, now) is None:
        return False
    await _give_back(transaction, order_id, store.EXPIRE)
    await store.change_reservation(transaction, order_id, move(State.HELD, Move.EXPIRE))
    transaction.send(ReservationExpired(order_id=order_id))
    return True


async def _give_back(transaction: Transaction, order_id: UUID, how: Shift) -> Mapping[str, int]:
    asked, _ = await store.lock_lines(transaction, order_id)
    if how is store.RESTOCK:
        asked = less(asked, await store.returned(transaction, order_id))
    await store.shift(transaction, asked, how, str(order_id))
    return asked
