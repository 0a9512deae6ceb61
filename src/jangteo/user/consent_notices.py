"""Whoever agreed to advertising is told so every two years, with the way to take it back (정보통신망법 §50⑧).

시행령 §62의3: before the same day of every second year after the consent, the shop says who it is, that and when the
person agreed, and how to keep or end it. Who does not answer stays as they are.
"""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from jangteo.kit.postgres import EVERY_TENANT, Database, Transaction
from jangteo.user.domain.consent import PURPOSES, REQUIRED
from jangteo.user.mails import Mails
from jangteo.user.store import lock_member

log = logging.getLogger(__name__)

# Told so long before the day, that a mail that is late is not too late.
AHEAD = timedelta(days=30)
ADVERTISING = tuple(purpose for purpose in PURPOSES if purpose not in REQUIRED)
_BATCH = 200

# Years are counted by the calendar of the shop. Only a member's last word on a purpose counts.
_DUE = """
SELECT c.tenant, c.id, c.member_id, c.purpose, c.at, n.round FROM consents c
CROSS JOIN LATERAL (SELECT extract(year FROM age(
    $1::timestamptz AT TIME ZONE 'Asia/Seoul', c.at AT TIME ZONE 'Asia/Seoul'))::int / 2 AS round) n
WHERE c.granted AND c.purpose NOT IN ('terms', 'privacy') AND c.purpose = ANY($2)
    AND c.at <= $1::timestamptz - interval '2 years' + interval '1 day' AND n.round > 0
    AND ($3::uuid IS NULL OR (c.tenant = $4 AND c.member_id = $3))
    AND NOT EXISTS (SELECT FROM consents l WHERE l.member_id = c.member_id AND l.purpose = c.purpose
        AND (l.at, l.id) > (c.at, c.id))
    AND NOT EXISTS (SELECT FROM consent_notices d WHERE d.consent_id = c.id AND d.round >= n.round)
ORDER BY c.at, c.id LIMIT $5
"""


async def tell_of_consents(database: Database, mails: Mails) -> int:
    """Have a mail sent to every member of any tenant who is to be told by now; return to how many.

    May run anywhere at once, and be cut off: a mail and the note of it are one transaction. Raises Unavailable.
    """
    told = 0
    while True:
        async with database.read(EVERY_TENANT) as reader:
            rows = await reader.fetch(_DUE, database.clock.now() + AHEAD, ADVERTISING, None, None, _BATCH)
        members = dict.fromkeys((row["tenant"], row["member_id"]) for row in rows)
        for tenant, member in members:
            async with database.transaction(tenant) as transaction:
                told += await _tell(transaction, mails, member)
        if not rows:
            log.info("%d members were told what advertising they agreed to", told)
            return told


async def _tell(transaction: Transaction, mails: Mails, member: UUID) -> bool:
    """Tell one member of all that is due, unless another process just did."""
    await lock_member(transaction, member)
    asked = (transaction.clock.now() + AHEAD, ADVERTISING, member, transaction.tenant, len(ADVERTISING))
    rows: list[Any] = await transaction.fetch(_DUE, *asked)
    if not rows:
        return False
    now = transaction.clock.now()
    await transaction.executemany(
        "INSERT INTO consent_notices (tenant, consent_id, member_id, round, at) VALUES ($1, $2, $3, $4, $5)",
        [(transaction.tenant, row["id"], member, row["round"], now) for row in rows],
    )
    when = {row["purpose"]: row["at"].isoformat() for row in rows}
    await mails.request(transaction, member, "advertising_consent", parameters=when)
    return True
