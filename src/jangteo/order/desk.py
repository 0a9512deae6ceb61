"""What every use case works with, handed from one place; and the patience for somebody else being faster."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from jangteo.kit.postgres import ConcurrentUpdate, Database
from jangteo.kit.privacy import Vault
from jangteo.order.clients import Shop
from jangteo.order.settings import OrderSettings
from jangteo.order.store import Orders
from jangteo.order.watch import Watch

T = TypeVar("T")

# A saga takes few steps: whoever loses a race this often does not lose it by chance.
RACES = 6


class Desk(NamedTuple):
    """The parts of a running order service."""

    settings: OrderSettings
    database: Database
    orders: Orders
    vault: Vault
    shop: Shop
    watch: Watch


async def persistently(work: Callable[[], Awaitable[T]]) -> T:
    """Do `work` again on the new state where somebody else changed the order in the same moment.

    Raises ConcurrentUpdate once that has happened several times in a row, and whatever `work` raises.
    """
    for _ in range(RACES - 1):
        try:
            return await work()
        except ConcurrentUpdate:
            continue
    return await work()
