"""What the notification service asks of others, at the moment of sending: where to, and what about."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Generic, TypeVar
from uuid import UUID

from jangteo.contracts.order import OrderSummary
from jangteo.contracts.user import Contact, Mail, MembersAsked, MembersMasked
from jangteo.kit.http.client import ServiceClient

# An order is told of in bursts: placed and paid lie a blink apart.
REMEMBERED_SECONDS = 10.0
MOST_REMEMBERED = 1_000
AnswerT = TypeVar("AnswerT")
Key = tuple[str, UUID]


class Directory:
    """Asks the user and the order service, each question once in a few seconds."""

    def __init__(self, users: ServiceClient, orders: ServiceClient) -> None:
        self._users = users
        self._orders = orders
        self._contacts = _Memory[Contact](self._ask_contact)
        self._summaries = _Memory[OrderSummary](self._ask_order)

    async def contact(self, tenant: str, member_id: UUID) -> Contact:
        """Return where to write to. Raises NotFound for a member who is gone, Unavailable."""
        return await self._contacts.get((tenant, member_id))

    async def order(self, tenant: str, order_id: UUID) -> OrderSummary:
        """Return what an order is about. Raises NotFound, Unavailable."""
        return await self._summaries.get((tenant, order_id))

    async def masked(self, tenant: str, ids: Collection[UUID]) -> dict[UUID, Contact]:
        """Return what staff may see of members, of those that there are. Raises Unavailable."""
        if not ids:
            return {}
        asked = MembersAsked(ids=list(ids))
        found = await self._users.post("/internal/members/masked", asked, MembersMasked, tenant=tenant)
        return {contact.member_id: contact for contact in found.items}

    async def mail(self, tenant: str, mail_id: UUID) -> Mail:
        """Return what to write to whom; it has secrets in it and is not remembered. Raises NotFound, Unavailable."""
        return await self._users.get(f"/internal/mails/{mail_id}", Mail, tenant=tenant)

    async def _ask_contact(self, key: Key) -> Contact:
        tenant, member_id = key
        return await self._users.get(f"/internal/members/{member_id}/contact", Contact, tenant=tenant)

    async def _ask_order(self, key: Key) -> OrderSummary:
        tenant, order_id = key
        return await self._orders.get(f"/internal/orders/{order_id}", OrderSummary, tenant=tenant)


class _Memory(Generic[AnswerT]):
    """Answers that hold for a few seconds; who asks while a question is out waits for the same answer."""

    def __init__(self, ask: Callable[[Key], Awaitable[AnswerT]]) -> None:
        self._ask = ask
        self._answers: dict[Key, tuple[float, asyncio.Future[AnswerT]]] = {}

    async def get(self, key: Key) -> AnswerT:
        now = time.monotonic()
        known = self._answers.get(key)
        if known is None or known[0] < now:
            self._forget(now)
            known = (now + REMEMBERED_SECONDS, asyncio.ensure_future(self._ask(key)))
            self._answers[key] = known
            known[1].add_done_callback(lambda asked: self._drop_failure(key, asked))
        # Shielded: that one who waits gives up is no reason for the others to get no answer.
        return await asyncio.shield(known[1])

    def _drop_failure(self, key: Key, asked: asyncio.Future[AnswerT]) -> None:
        failed = asked.cancelled() or asked.exception() is not None
        if failed and (known := self._answers.get(key)) is not None and known[1] is asked:
            del self._answers[key]

    def _forget(self, now: float) -> None:
        while self._answers and (next(iter(self._answers.values()))[0] < now or len(self._answers) >= MOST_REMEMBERED):
            del self._answers[next(iter(self._answers))]
