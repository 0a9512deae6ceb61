"""The carts in Valkey: one hash each, changed by scripts only, with the marks of what was done beside it.

The owner's name stands in braces, so that a cluster keeps a cart and its marks on one node; a merge touches two
owners' carts, and therefore goes in three moves that may each be repeated: claim, merge, close.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from jangteo.cart.domain import (
    MAX_LINES,
    MAX_QUANTITY,
    MAX_WISHES,
    Cart,
    CartFull,
    Line,
    LineUnknown,
    Owner,
    StockInsufficient,
    TooMany,
)
from jangteo.cart.scripting import Script
from jangteo.contracts.order import OrderLine
from jangteo.contracts.product import Offer
from jangteo.kit.clock import Clock
from jangteo.kit.idempotency import KeyReused
from jangteo.kit.valkey import Redis, translated

# A mark without a key of the client's guards against the connection's own repetition only.
_OWN_MARK_SECONDS = 60
_KEY_MARK_SECONDS = 86_400
_ORDER_MARK_SECONDS = 30 * 86_400
_CLAIM_SECONDS = 86_400
_MERGE_MARK_SECONDS = 2 * _CLAIM_SECONDS
_DAY = 86_400
_FIELDS_WITH_LINE = 7

_ADD, _CHANGE, _REMOVE = Script("add"), Script("change"), Script("remove")
_READ, _TAKE_ORDERED = Script("read"), Script("take_ordered")
_CLAIM, _MERGE, _CLOSE = Script("claim"), Script("merge"), Script("close")


class TakenOver(Exception):
    """The guest's cart became a member's: the guest needs a new one."""


class Stale(Exception):
    """The cart has another version than the one that was named."""


class Operation(NamedTuple):
    """What makes a write happen once: its name under its cart, the digest of what is asked, how long both are kept."""

    name: str
    digest: str
    seconds: int

    @classmethod
    def of(cls, key: str | None, *asked: object) -> "Operation":
        """Return the operation of a client's Idempotency-Key, or one of its own where there is none."""
        digest = hashlib.sha256(repr(asked).encode()).hexdigest()
        if key is None:
            return cls(secrets.token_hex(8), digest, _OWN_MARK_SECONDS)
        return cls("key:" + hashlib.sha256(key.encode()).hexdigest(), digest, _KEY_MARK_SECONDS)


class State(NamedTuple):
    """How a cart is after a write; the last three tell about the line that was written."""

    version: int
    lines: int
    pieces: int
    quantity: int = 0
    selected: bool = False
    price_seen: int = 0


class Cut(NamedTuple):
    """A line of a guest's cart that the member's cart could not take whole."""

    sku: str
    asked: int
    kept: int


class Claimed(NamedTuple):
    """What a member takes over from a guest: lines, and wishes as product and time in turn, the newest first."""

    lines: tuple[Line, ...]
    wishes: Sequence[bytes]


class Carts:
    """Reads and changes carts."""

    def __init__(self, valkey: Redis, clock: Clock, *, guest_days: int) -> None:
        self._valkey = valkey
        self._clock = clock
        self._guest_seconds = guest_days * _DAY

    async def read(self, owner: Owner) -> Cart:
        """Return a cart, empty where there is none; a guest's is kept for another while."""
        if owner.kind == "guest":
            return _cart(_pairs(await _READ.run(self._valkey, [cart_key(owner)], self._guest_seconds)))
        with translated():
            fields: Any = await self._valkey.hgetall(cart_key(owner))
        return _cart(fields)

    async def add(self, owner: Owner, offer: Offer, quantity: int, key: str | None) -> State:
        """Put more of `offer` into the cart.

        Raises StockInsufficient, TooMany, CartFull, KeyReused, TakenOver, ValkeyUnavailable.
        """
        operation = Operation.of(key, "add", offer.sku, quantity)
        limits = (offer.available, offer.max_per_order, MAX_QUANTITY, MAX_LINES)
        found = await self._write(_ADD, owner, operation, offer.sku, quantity, offer.price, *limits)
        return _state(found, offer.sku, offer.available, offer.max_per_order)

    async def change(
        self, owner: Owner, sku: str, quantity: int, selected: bool | None, offer: Offer | None, version: str
    ) -> State:
        """Set quantity and tick of a line; `version` is the wanted one, or empty.

        Raises LineUnknown, Stale, StockInsufficient, TooMany, TakenOver, ValkeyUnavailable.
        """
        available, most = (offer.available, offer.max_per_order) if offer and offer.purchasable else (0, MAX_QUANTITY)
        tick = "" if selected is None else str(int(selected))
        operation = Operation.of(None)
        limits = (available, most, MAX_QUANTITY)
        found = await self._write(_CHANGE, owner, operation, version, sku, quantity, tick, *limits)
        return _state(found, sku, available, most)

    async def remove(self, owner: Owner, skus: Sequence[str], version: str) -> State:
        """Take out the lines of `skus`, or all where none is named. Raises Stale, TakenOver, ValkeyUnavailable."""
        return _state(await self._write(_REMOVE, owner, Operation.of(None), version, *skus))

    async def take_ordered(self, owner: Owner, order: str, lines: Sequence[OrderLine]) -> None:
        """Take out what was ordered, once for each order. Raises ValkeyUnavailable."""
        operation = Operation("order:" + order, order, _ORDER_MARK_SECONDS)
        ordered = [part for line in lines for part in (line.sku, line.quantity)]
        await self._write(_TAKE_ORDERED, owner, operation, *ordered)

    async def claim(self, guest: Owner, member: Owner) -> Claimed:
        """Take a guest's cart and wishes over for `member`; empty where there is nothing for that member to take."""
        keys = [cart_key(guest), wishes_key(guest)]
        fields, wishes = await _CLAIM.run(self._valkey, keys, member.id, _CLAIM_SECONDS)
        return Claimed(_cart(_pairs(fields)).lines, wishes)

    async def merge(self, member: Owner, guest: Owner, claimed: Claimed, most: Mapping[str, int]) -> list[Cut]:
        """Add what was claimed, once; `most` says for each SKU how many the member may have in the end."""
        operation = Operation("guest:" + guest.id, guest.id, _MERGE_MARK_SECONDS)
        parts = [
            part
            for line in claimed.lines
            for part in (line.sku, line.quantity, int(line.selected), line.price_seen, line.added_at, most[line.sku])
        ]
        counts = (MAX_LINES, MAX_WISHES, len(claimed.wishes) // 2)
        keys = [wishes_key(member)]
        found = await self._write(_MERGE, member, operation, *counts, *claimed.wishes, *parts, more_keys=keys)
        return [Cut(found[i].decode(), found[i + 1], found[i + 2]) for i in range(0, len(found), 3)]

    async def close(self, guest: Owner, member: Owner) -> None:
        """Empty a guest's cart and wishes that were merged."""
        await _CLOSE.run(self._valkey, [cart_key(guest), wishes_key(guest)], member.id, self._guest_seconds)

    async def erase(self, owner: Owner) -> int:
        """Delete a cart, the marks of what was done with it, and the wishes; return how many keys there were."""
        key = cart_key(owner)
        with translated():
            gone = int(await self._valkey.delete(key, wishes_key(owner)))
            async for mark in self._valkey.scan_iter(match=f"{key}:*", count=1000):
                gone += int(await self._valkey.delete(mark))
        return gone

    async def check(self) -> None:
        """Raise ValkeyUnavailable unless Valkey answers."""
        with translated():
            await self._valkey.exists("cart")

    async def _write(
        self,
        script: Script,
        owner: Owner,
        operation: Operation,
        *arguments: str | int | bytes,
        more_keys: Sequence[str] = (),
    ) -> Any:
        key = cart_key(owner)
        return await script.run(
            self._valkey,
            [key, f"{key}:{operation.name}", *more_keys],
            operation.digest,
            operation.seconds,
            self._guest_seconds if owner.kind == "guest" else 0,
            int(self._clock.now().timestamp() * 1000),
            *arguments,
        )


def cart_key(owner: Owner) -> str:
    """Return where the cart of `owner` is."""
    return f"cart:{{{owner.tenant}/{owner.kind}/{owner.id}}}"


def wishes_key(owner: Owner) -> str:
    """Return where the wishes of `owner` are, on the node of the cart."""
    return f"wishes:{{{owner.tenant}/{owner.kind}/{owner.id}}}"


def _state(found: Any, sku: str = "", available: int = 0, most: int = MAX_QUANTITY) -> State:
    """Turn a script's answer into a state, or into the error it tells of."""
    outcome = found[0]
    if outcome == b"ok":
        state = State(version=int(found[1]), lines=found[2], pieces=found[3])
        if len(found) == _FIELDS_WITH_LINE:
            state = state._replace(quantity=found[4], selected=found[5] == b"1", price_seen=int(found[6]))
        return state
    raise _refusal(outcome, sku, found[1] if len(found) > 1 else 0, available, most)


def _refusal(outcome: bytes, sku: str, in_cart: int, available: int, most: int) -> Exception:
    match outcome:
        case b"short":
            return StockInsufficient(field="quantity", sku=sku, available=available, in_cart=in_cart)
        case b"many":
            return TooMany(field="quantity", sku=sku, limit=min(most, MAX_QUANTITY), in_cart=in_cart)
        case b"full":
            return CartFull(limit=MAX_LINES)
        case b"none":
            return LineUnknown(field="sku", sku=sku)
        case b"stale":
            return Stale()
        case b"reused":
            return KeyReused(field="Idempotency-Key")
        case b"taken":
            return TakenOver()
    raise AssertionError(f"a script answered {outcome!r}")


def _pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _cart(fields: Mapping[bytes, bytes]) -> Cart:
    lines = [_line(name[2:].decode(), text) for name, text in fields.items() if name.startswith(b"l:")]
    lines.sort(key=lambda line: (line.added_at, line.sku))
    return Cart(version=int(fields.get(b"v", 0)), lines=tuple(lines))


def _line(sku: str, text: bytes) -> Line:
    quantity, selected, price, added = text.split()
    return Line(sku=sku, quantity=int(quantity), selected=selected == b"1", price_seen=int(price), added_at=int(added))
