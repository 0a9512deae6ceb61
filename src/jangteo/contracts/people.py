"""What services say to each other about a person's rights: that one is to be forgotten, and that it was done."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from jangteo.kit.inbox import Handler
from jangteo.kit.messages import Message
from jangteo.kit.people import People, Proof
from jangteo.kit.postgres import Transaction


class UserErased(Message, frozen=True, kw_only=True):
    """Event: a member has left for good; whoever keeps anything about them destroys it, and says so."""

    type: ClassVar[str] = "user.erased.v1"
    key: ClassVar[str] = "member_id"
    member_id: UUID
    withdrawal_id: UUID


class ErasureAnswer(Message, frozen=True, kw_only=True):
    """What every answer to UserErased tells.

    `destroyed` and `kept` count what there was, by its kind; `key_id` names the key that was destroyed, or is empty
    where the service had none.
    """

    key: ClassVar[str] = "member_id"
    service: ClassVar[str]
    member_id: UUID
    withdrawal_id: UUID
    destroyed: dict[str, int]
    kept: dict[str, int]
    key_id: str
    at: datetime

    @classmethod
    def answering(cls, message: UserErased, proof: Proof) -> "ErasureAnswer":
        """Return the answer to `message`."""
        return cls(
            member_id=message.member_id,
            withdrawal_id=message.withdrawal_id,
            destroyed=proof.destroyed,
            kept=proof.kept,
            key_id=proof.key_id,
            at=proof.at,
        )


class OrderPersonErased(ErasureAnswer, frozen=True, kw_only=True):
    """Event: the order service has forgotten a person."""

    type: ClassVar[str] = "order.person_erased.v1"
    service: ClassVar[str] = "order"


class PaymentPersonErased(ErasureAnswer, frozen=True, kw_only=True):
    """Event: the payment service has forgotten a person."""

    type: ClassVar[str] = "payment.person_erased.v1"
    service: ClassVar[str] = "payment"


class ShippingPersonErased(ErasureAnswer, frozen=True, kw_only=True):
    """Event: the shipping service has forgotten a person."""

    type: ClassVar[str] = "shipping.person_erased.v1"
    service: ClassVar[str] = "shipping"


class NotificationPersonErased(ErasureAnswer, frozen=True, kw_only=True):
    """Event: the notification service has forgotten a person."""

    type: ClassVar[str] = "notification.person_erased.v1"
    service: ClassVar[str] = "notification"


class CartPersonErased(ErasureAnswer, frozen=True, kw_only=True):
    """Event: the cart service has forgotten a person."""

    type: ClassVar[str] = "cart.person_erased.v1"
    service: ClassVar[str] = "cart"


ANSWERS: tuple[type[ErasureAnswer], ...] = (
    OrderPersonErased,
    PaymentPersonErased,
    ShippingPersonErased,
    NotificationPersonErased,
    CartPersonErased,
)
PARTICIPANTS = frozenset(answer.service for answer in ANSWERS)


def forgetting(people: People, answer: type[ErasureAnswer]) -> Handler:
    """Return the handler of UserErased: erase the person and say so, the same again where it was done before."""

    async def on_user_erased(message: UserErased, transaction: Transaction) -> None:
        proof = await people.erase(transaction, message.member_id)
        transaction.send(answer.answering(message, proof))

    return on_user_erased
