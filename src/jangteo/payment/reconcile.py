"""`python -m jangteo.payment.reconcile`: compares our ledger with the providers' balances and lists the gaps.

One JSON line per gap and a last one with the sums; the exit code is 1 where a gap is nobody's work in hand.
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from jangteo.kit.postgres import Database, open_database
from jangteo.kit.settings import load
from jangteo.payment.domain.ledger import Kind
from jangteo.payment.providers import open_providers
from jangteo.payment.providers.interface import Provider, SeenMovement
from jangteo.payment.settings import PaymentSettings
from jangteo.payment.states import CLEAR

# We book after the provider has acted, be it after an outage; what it did shortly before the period is looked at too.
MARGIN = timedelta(days=1)
_CLEAR = [str(state) for state in CLEAR]

_BOOKED = """
SELECT m.payment_id, m.kind, m.amount, m.currency, r.provider_refund_id, m.at >= $3 AND m.at < $4 AS in_period
FROM ledger_movements m JOIN payments p ON p.id = m.payment_id
LEFT JOIN refunds r ON m.kind = 'refund' AND r.id = m.reference
WHERE p.provider = $1 AND (m.payment_id = ANY($2::uuid[]) OR m.at >= $3 AND m.at < $4)
"""
_IN_HAND = """
SELECT id FROM payments WHERE id = ANY($1::uuid[]) AND (refunding > 0 OR unwanted AND NOT state = ANY($2::text[])
    OR state IN ('authorising', 'authorisation_unknown', 'capturing', 'capture_unknown', 'voiding'))
"""
_LIVE = "SELECT id FROM payments WHERE id = ANY($1::uuid[]) AND NOT state = ANY($2::text[])"
_DISAGREEING = """
SELECT p.id, p.captured - p.refunded AS kept, coalesce(sum(e.amount), 0)::bigint AS booked, p.currency FROM payments p
LEFT JOIN ledger_entries e ON e.payment_id = p.id AND e.account = 'provider_receivable' WHERE p.provider = $1
GROUP BY p.id HAVING p.captured - p.refunded <> coalesce(sum(e.amount), 0)
"""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A difference. `kind`: capture, refund (booked and moved amounts differ), held (the provider holds money for an
    attempt that is over here, or that we do not know), sums (an attempt and its ledger disagree).

    `in_hand`: the service is at work on the attempt and will close the gap by itself.
    """

    kind: str
    provider: str
    reference: str
    ours: int
    theirs: int
    currency: str
    in_hand: bool = False


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared."""

    provider: str
    captured: int
    refunded: int
    movements: int
    gaps: int


async def find_gaps(
    database: Database, provider: Provider, start: datetime, end: datetime
) -> tuple[list[Gap], Summary]:
    """Compare the movements from `start` up to but without `end`. Raises Unavailable."""
    theirs = [movement async for movement in provider.movements(start - MARGIN, end)]
    held = [reference async for reference in provider.held_references()]
    gaps = [
        *await _movement_gaps(database, provider.name, theirs, start, end),
        *await _held_gaps(database, provider.name, held),
        *await _sum_gaps(database, provider.name),
    ]
    gaps = await _mark_in_hand(database, gaps)
    summary = Summary(
        provider=provider.name,
        captured=sum(movement.amount for movement in theirs if movement.kind is Kind.CAPTURE),
        refunded=sum(movement.amount for movement in theirs if movement.kind is Kind.REFUND),
        movements=len(theirs),
        gaps=len(gaps),
    )
    return gaps, summary


async def _movement_gaps(
    database: Database, name: str, theirs: list[SeenMovement], start: datetime, end: datetime
) -> list[Gap]:
    moved: dict[tuple[str, str], list[SeenMovement]] = {}
    for movement in theirs:
        moved.setdefault((movement.reference, movement.provider_refund_id or ""), []).append(movement)
    async with database.system() as tx:
        rows = await tx.fetch(_BOOKED, name, _ids(movement.reference for movement in theirs), start, end)
    gaps = []
    for row in rows:
        reference = str(row["payment_id"])
        found = moved.pop((reference, row["provider_refund_id"] or ""), [])
        amount = sum(movement.amount for movement in found if movement.currency == row["currency"])
        # What is booked since long may have moved before the time that we asked the provider for.
        if amount != row["amount"] and (found or row["in_period"]):
            gaps.append(_gap(row["kind"], name, reference, row["amount"], amount, row["currency"]))
    for (reference, _), found in moved.items():
        amount = sum(movement.amount for movement in found)
        gaps.append(_gap(found[0].kind, name, reference, 0, amount, found[0].currency))
    return gaps


async def _held_gaps(database: Database, name: str, held: list[str]) -> list[Gap]:
    async with database.system() as tx:
        rows = await tx.fetch(_LIVE, _ids(held), _CLEAR)
    live = {str(row["id"]) for row in rows}
    return [_gap("held", name, reference, 0, 0, "") for reference in held if reference not in live]


async def _sum_gaps(database: Database, name: str) -> list[Gap]:
    async with database.system() as tx:
        rows = await tx.fetch(_DISAGREEING, name)
    return [_gap("sums", name, str(row["id"]), row["kept"], row["booked"], row["currency"]) for row in rows]


async def _mark_in_hand(database: Database, gaps: list[Gap]) -> list[Gap]:
    if not gaps:
        return []
    async with database.system() as tx:
        rows = await tx.fetch(_IN_HAND, _ids(gap.reference for gap in gaps), _CLEAR)
    busy = {str(row["id"]) for row in rows}
    return [msgspec.structs.replace(gap, in_hand=gap.reference in busy) for gap in gaps]


def _gap(kind: str, name: str, reference: str, ours: int, theirs: int, currency: str) -> Gap:
    return Gap(kind=str(kind), provider=name, reference=reference, ours=ours, theirs=theirs, currency=currency)


def _ids(references: Iterable[str]) -> list[UUID]:
    found = set()
    for reference in references:
        with contextlib.suppress(ValueError):
            found.add(UUID(reference))
    return list(found)


async def _run(settings: PaymentSettings, start: datetime, end: datetime) -> int:
    code = 0
    async with open_database(settings.database_url) as database, open_providers(settings) as providers:
        for provider in providers.values():
            gaps, summary = await find_gaps(database, provider, start, end)
            for line in (*gaps, summary):
                sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
            code = max(code, int(any(not gap.in_hand for gap in gaps)))
    return code


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the gaps and return the exit code."""
    parser = argparse.ArgumentParser(prog="jangteo.payment.reconcile", description=__doc__)
    epoch, now = datetime(2000, 1, 1, tzinfo=UTC), datetime.now(UTC)
    parser.add_argument("--from", dest="start", type=_instant, default=epoch, help="ISO 8601; default: always")
    parser.add_argument("--to", dest="end", type=_instant, default=now, help="ISO 8601; default: now")
    given = parser.parse_args(arguments)
    return asyncio.run(_run(load(PaymentSettings, "payment"), given.start, given.end))


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
