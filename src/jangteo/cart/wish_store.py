"""The wishes in Valkey: a sorted set of products beside each cart, by the time of wishing; whose cart is taken over,
wishes nothing under the old token any more.
"""

from datetime import UTC, datetime
from uuid import UUID

from jangteo.cart.domain import MAX_WISHES, Owner, Wish, WishlistFull
from jangteo.cart.scripting import Script
from jangteo.cart.store import TakenOver, cart_key, wishes_key
from jangteo.kit.clock import Clock
from jangteo.kit.valkey import Redis

_DAY = 86_400
_WISH, _WISHES = Script("wish"), Script("wishes")


class Wishes:
    """Reads and changes wishes."""

    def __init__(self, valkey: Redis, clock: Clock, *, guest_days: int) -> None:
        self._valkey = valkey
        self._clock = clock
        self._guest_seconds = guest_days * _DAY

    async def read(self, owner: Owner) -> list[Wish]:
        """Return the wishes, newest first; a guest's are kept for another while. Raises ValkeyUnavailable."""
        found = await _WISHES.run(self._valkey, _keys(owner), self._seconds(owner))
        return [
            Wish(UUID(id.decode()), datetime.fromtimestamp(float(at) / 1000, UTC))
            for id, at in zip(found[::2], found[1::2], strict=True)
        ]

    async def add(self, owner: Owner, product_id: UUID) -> int:
        """Remember a product; one that is wished for already keeps its place. Return how many there are then.

        Raises WishlistFull, TakenOver, ValkeyUnavailable.
        """
        return await self._write("add", owner, product_id)

    async def drop(self, owner: Owner, product_id: UUID) -> int:
        """Forget a product; gone already is fine. Return as `add` does. Raises TakenOver, ValkeyUnavailable."""
        return await self._write("drop", owner, product_id)

    async def _write(self, move: str, owner: Owner, product_id: UUID) -> int:
        now = int(self._clock.now().timestamp() * 1000)
        limits = (MAX_WISHES, self._seconds(owner))
        found = await _WISH.run(self._valkey, _keys(owner), move, str(product_id), now, *limits)
        if found[0] == b"taken":
            raise TakenOver()
        if found[0] == b"full":
            raise WishlistFull(limit=MAX_WISHES)
        return int(found[1])

    def _seconds(self, owner: Owner) -> int:
        return self._guest_seconds if owner.kind == "guest" else 0


def _keys(owner: Owner) -> list[str]:
    return [cart_key(owner), wishes_key(owner)]
