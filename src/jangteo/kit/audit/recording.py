"""Records entries: in the transaction of the action, one after the other within a shop.

The lock on the head of the shop's chain is held from there to the commit, so entries come last in a transaction; only
audited actions, which are people's, wait for it.
"""

import msgspec

from jangteo.kit.audit.chain import COLUMNS, START, Row
from jangteo.kit.audit.entry import Entry, Keys
from jangteo.kit.audit.witness import AuditAdvanced
from jangteo.kit.postgres import Database, Transaction

_HEAD = """
INSERT INTO audit_heads AS head (tenant, number, digest) VALUES ($1, 0, $2)
ON CONFLICT (tenant) DO UPDATE SET number = head.number RETURNING number, digest
"""
_PLACES = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 1))
_APPEND = f"""
WITH moved AS (UPDATE audit_heads SET number = $2, digest = ${len(COLUMNS)} WHERE tenant = $1)
INSERT INTO audit_entries ({", ".join(COLUMNS)}) VALUES ({_PLACES})
"""


class Auditor:
    """What one database's entries are chained with."""

    def __init__(self, service: str, keys: Keys) -> None:
        self.service = service
        self._keys = keys

    async def record(self, transaction: Transaction, entry: Entry) -> None:
        """Append the entry of an action to the chain of the transaction's tenant, and tell the witness."""
        tenant, key = transaction.tenant, self._keys.newest
        head = await transaction.fetchrow(_HEAD, tenant, START)
        assert head is not None  # noqa: S101  (an upsert returns its row)
        bare = Row(
            tenant=tenant,
            number=head["number"] + 1,
            at=transaction.clock.now(),
            actor=entry.actor,
            permissions=" ".join(sorted(entry.by.permissions)) if entry.by else "",
            action=entry.action,
            subject=entry.on,
            person_id=entry.person,
            origin=key.seal_origin(entry.by.address if entry.by else ""),
            reason=key.seal_reason(entry.reason),
            details=msgspec.json.encode(entry.details, order="deterministic").decode(),
            key_id=key.id,
            previous=head["digest"],
        )
        row = msgspec.structs.replace(bare, digest=key.digest(bare.content(self.service)))
        await transaction.execute(_APPEND, *(getattr(row, name) for name in COLUMNS))
        if transaction.has_outbox:
            transaction.send(AuditAdvanced(service=self.service, number=row.number, digest=row.digest.hex()))


def keep(database: Database, service: str, key: str) -> None:
    """Let the transactions of `database` be audited with the audit keys in `key`, the newest first."""
    database.auditor = Auditor(service, Keys(key))


async def record(transaction: Transaction, entry: Entry) -> None:
    """Append the entry of an action; it is there if, and only if, the transaction commits."""
    if transaction.auditor is None:
        raise RuntimeError("an action was to be audited, but its database keeps no audit trail")
    await transaction.auditor.record(transaction, entry)


async def note(database: Database, tenant: str, entry: Entry) -> None:
    """Record an action that changes nothing here, such as a reading, before its answer is given."""
    async with database.transaction(tenant) as transaction:
        await record(transaction, entry)
