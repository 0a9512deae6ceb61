"""What the cart service keeps about a person: cart, wishlist, and for a while the marks of what was done with them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from jangteo.cart.domain import Owner
from jangteo.cart.store import Carts
from jangteo.cart.wish_store import Wishes
from jangteo.contracts.people import CartPersonErased, UserErased
from jangteo.kit.bus import Bus
from jangteo.kit.bus.interface import Outgoing
from jangteo.kit.ids import new_id
from jangteo.kit.inbox import PlainHandler, Source
from jangteo.kit.legal_archive import LegalPage
from jangteo.kit.messages import encode
from jangteo.kit.people import Document, Proof, Standing
from jangteo.kit.telemetry import traces


class CartPeople:
    """The shoppers; nothing of a cart holds anybody, and nothing of it is kept."""

    def __init__(self, carts: Carts, wishes: Wishes) -> None:
        self._carts = carts
        self._wishes = wishes

    async def standing(self, tenant: str, person: UUID) -> Standing:
        """Return that nothing here holds anybody."""
        return Standing()

    async def document(self, tenant: str, person: UUID) -> Document:
        """Return what is in the cart and on the wishlist. Raises ValkeyUnavailable."""
        owner = Owner(tenant, "member", str(person))
        cart, wishes = await self._carts.read(owner), await self._wishes.read(owner)
        lines: list[Any] = [
            {
                "sku": line.sku,
                "quantity": line.quantity,
                "price_seen": line.price_seen,
                "added_at": datetime.fromtimestamp(line.added_at / 1000, UTC),
            }
            for line in cart.lines
        ]
        return Document(service="cart", data=msgspec.to_builtins({"cart": lines, "wishlist": wishes}))

    async def legal_records(
        self, tenant: str, purpose: str, reference: str | None = None, cursor: UUID | None = None
    ) -> LegalPage:
        """Return nothing: a cart is no contract."""
        return LegalPage(items=[], next_cursor=None)

    async def erase(self, tenant: str, person: UUID) -> Proof:
        """Delete the cart and the wishlist; again, they are found gone. Raises ValkeyUnavailable."""
        gone = await self._carts.erase(Owner(tenant, "member", str(person)))
        return Proof(destroyed={"cart_keys": gone}, kept={}, key_id="", at=datetime.now(UTC))


def forgetting(people: CartPeople, bus: Bus, service: str) -> PlainHandler:
    """Return the handler of UserErased; without a database, the answer is published before the message is done."""

    async def on_user_erased(message: UserErased, source: Source) -> None:
        answer = CartPersonErased.answering(message, await people.erase(source.tenant, message.member_id))
        id = new_id()
        body = encode(
            answer,
            id=id,
            source=service,
            tenant=source.tenant,
            time=answer.at,
            traceparent=traces.current_traceparent(),
        )
        await bus.publish([Outgoing(id=str(id), type=answer.type, key=answer.partition(), body=body)])

    return on_user_erased
