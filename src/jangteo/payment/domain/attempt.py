"""What is known of a payment attempt and of a refund, what a provider may say about them, and what follows."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from jangteo.kit.messages import Message
from jangteo.payment.domain.ledger import Movement
from jangteo.payment.states import CLEAR, Move, RefundState, State, move


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to be paid for an order; the fields are the columns of its table. Amounts are minor units.

    `capture_at_once`: no command to capture will come; the money is taken as soon as it can be. `unwanted`: whatever
    the provider holds or took for it is to be given back, silently. `due_at` is when somebody must look after it,
    should nothing happen before. `asked` counts how often the provider may have been asked to authorise; 0 is surely
    never.
    """

    id: UUID
    tenant: str
    order_id: UUID
    order_number: str
    member_id: UUID
    provider: str
    amount: int
    currency: str
    capture_at_once: bool = False
    state: State = State.AUTHORISING
    unwanted: bool = False
    reason: str = ""
    method_token: str | None = None
    provider_id: str | None = None
    action_url: str | None = None
    card_brand: str | None = None
    card_last4: str | None = None
    captured: int = 0
    refunded: int = 0
    refunding: int = 0
    tries: int = 0
    asked: int = 1
    version: int = 1
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None = None
    expires_at: datetime | None = None

    @property
    def reference(self) -> str:
        """Return the name under which the provider knows the attempt."""
        return str(self.id)

    @property
    def refundable(self) -> int:
        """Return what is left to give back, refunds under way taken off."""
        return self.captured - self.refunded - self.refunding

    @property
    def is_clear(self) -> bool:
        """Tell whether it holds and keeps no money, and nothing about it is under way."""
        return self.state in CLEAR and self.refunding == 0

    def moved(self, by: Move, now: datetime, **fields: Any) -> "Attempt":
        """Return it after `by`, with nothing due unless `fields` say so. Raises IllegalMove."""
        fields = {"due_at": None, "tries": 0, "updated_at": now} | fields
        return msgspec.structs.replace(self, state=move(self.state, by), **fields)


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money being given back; the fields are the columns of its table.

    A `compulsory` one belongs to a cancellation: it is tried until it succeeds, under a new key each `round`.
    """

    id: UUID
    tenant: str
    payment_id: UUID
    amount: int
    currency: str
    reason: str
    compulsory: bool
    requested_by: UUID | None = None
    state: RefundState = RefundState.REQUESTED
    failure: str = ""
    provider_refund_id: str | None = None
    round: int = 1
    tries: int = 0
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None = None


class SeenStatus(StrEnum):
    """What a provider says of a payment, in our words."""

    WAITING = "waiting"
    HELD = "held"
    DECLINED = "declined"
    TAKEN = "taken"
    RELEASED = "released"
    LAPSED = "lapsed"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's payment as it was at some moment, be it from an answer, a query or a webhook."""

    provider_id: str
    reference: str
    status: SeenStatus
    amount: int
    currency: str
    captured: int = 0
    reason: str = ""
    action_url: str | None = None
    expires_at: datetime | None = None
    card_brand: str | None = None
    card_last4: str | None = None


class SeenRefund(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's refund; `reference` is the id of ours."""

    provider_refund_id: str
    reference: str
    amount: int
    currency: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule decided: how the attempt is now, and all that is saved in the same transaction.

    `ask`: the provider is to be called about the attempt right after the commit.
    """

    attempt: Attempt
    refunds: tuple[Refund, ...] = ()
    movements: tuple[Movement, ...] = ()
    says: tuple[Message, ...] = ()
    ask: bool = False

    def then(self, other: "Change") -> "Change":
        """Return this change followed by `other`, which began where this one ended."""
        return Change(
            attempt=other.attempt,
            refunds=self.refunds + other.refunds,
            movements=self.movements + other.movements,
            says=self.says + other.says,
            ask=other.ask or (self.ask and other.attempt.state is self.attempt.state),
        )
