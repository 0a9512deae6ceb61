"""What the payment service keeps about a person: attempts to pay, with what a provider told of the card."""

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from jangteo.contracts.retention import CONTRACT_PAYMENT
from jangteo.kit.legal_archive import LegalArchive
from jangteo.kit.people import Counts, Hold, Kept, Standing
from jangteo.kit.postgres import Reader, Transaction
from jangteo.payment.domain.attempt import Attempt
from jangteo.payment.states import CLEAR, State
from jangteo.payment.store import attempt_of

_SETTLED = CLEAR | {State.CAPTURED}
_ALL = f"SELECT {', '.join(Attempt.__struct_fields__)} FROM payments WHERE tenant = $1 AND member_id = $2 ORDER BY id"
# A process that still has an attempt in hand must not write the card back: its version is another now.
_FORGET = """
UPDATE payments SET method_token = NULL, action_url = NULL, card_brand = NULL, card_last4 = NULL, version = version + 1
WHERE tenant = $1 AND member_id = $2
"""
_TOLD = (
    *("order_number", "provider", "provider_id", "amount", "currency", "state", "reason", "captured", "refunded"),
    *("card_brand", "card_last4", "created_at", "updated_at"),
)


class PaymentPeople:
    """The payers."""

    covers: ClassVar[Mapping[str, str]] = {
        "payments": "stay for the books, under an id that leads to nobody; card, token and link are deleted",
        "idempotency": "deleted",
    }

    def __init__(self, archive: LegalArchive) -> None:
        self._archive = archive

    async def standing(self, reader: Reader, person: UUID) -> Standing:
        """Return the payments and refunds that are under way, and since when the last one has to be kept."""
        attempts = await _attempts(reader, person)
        taken = [attempt.updated_at for attempt in attempts if attempt.captured]
        return Standing(
            holds=[_hold(attempt) for attempt in attempts if attempt.state not in _SETTLED or attempt.refunding],
            keeps=[Kept(purpose=CONTRACT_PAYMENT, since=max(taken))] if taken else [],
        )

    async def export(self, reader: Reader, person: UUID) -> dict[str, Any]:
        """Return all attempts to pay."""
        return {"payments": [_told(attempt) for attempt in await _attempts(reader, person)]}

    async def erase(self, transaction: Transaction, person: UUID) -> Counts:
        """Keep what was paid for its time, and forget the cards; the ledger names nobody."""
        kept = 0
        for attempt in await _attempts(transaction, person):
            if attempt.captured:
                kept += await self._archive.keep(
                    transaction, CONTRACT_PAYMENT, attempt.updated_at, attempt.order_number, _told(attempt)
                )
        forgotten = await transaction.execute(_FORGET, transaction.tenant, person)
        answers = await transaction.execute(
            "DELETE FROM idempotency WHERE tenant = $1 AND caller = $2", transaction.tenant, str(person)
        )
        return Counts({"cards": forgotten, "remembered_answers": answers}, {CONTRACT_PAYMENT: kept})


async def _attempts(reader: Reader, person: UUID) -> list[Attempt]:
    return [attempt_of(row) for row in await reader.fetch(_ALL, reader.tenant, person)]


def _hold(attempt: Attempt) -> Hold:
    number = attempt.order_number
    if attempt.refunding:
        return Hold(
            code="refund.open",
            reference=number,
            ko=f"진행 중인 환불이 있습니다: {number}",
            en=f"A refund of the order {number} is under way.",
        )
    return Hold(
        code="payment.open",
        reference=number,
        ko=f"진행 중인 결제가 있습니다: {number}",
        en=f"A payment of the order {number} is under way.",
    )


def _told(attempt: Attempt) -> dict[str, Any]:
    return {name: msgspec.to_builtins(getattr(attempt, name)) for name in _TOLD}
