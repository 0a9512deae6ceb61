"""Loads and saves changes of address that were begun: one for each member, the new address sealed."""

from uuid import UUID

from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.privacy import PersonKey, Vault
from jangteo.user.domain.mail import LinkUsed

_SEALED = "email_change.new"


async def begin(transaction: Transaction, key: PersonKey, member: UUID, new: str) -> None:
    """Note a change, confirmed nowhere yet; it takes the place of an earlier one."""
    await transaction.execute(
        "INSERT INTO email_changes (tenant, member_id, sealed, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (member_id) DO UPDATE SET sealed = $3, created_at = $4,"
        " old_confirmed_at = NULL, new_confirmed_at = NULL",
        transaction.tenant,
        member,
        key.encrypt(new, _SEALED),
        transaction.clock.now(),
    )


async def pending(reader: Reader, vault: Vault, member: UUID) -> str | None:
    """Return the address that waits for its confirmations, None where nothing is waited for. Raises PersonErased."""
    sealed = await reader.fetchval(
        "SELECT sealed FROM email_changes WHERE tenant = $1 AND member_id = $2", reader.tenant, member
    )
    return (await vault.key(reader, member)).decrypt(sealed, _SEALED) if sealed else None


async def confirm(transaction: Transaction, key: PersonKey, member: UUID, *, at_new: bool) -> str | None:
    """Note a confirmation; return the new address once both are there, else None. Raises LinkUsed where it is gone."""
    column = "new_confirmed_at" if at_new else "old_confirmed_at"
    row = await transaction.fetchrow(
        f"UPDATE email_changes SET {column} = $3 WHERE tenant = $1 AND member_id = $2"
        " RETURNING sealed, old_confirmed_at IS NOT NULL AND new_confirmed_at IS NOT NULL AS settled",
        transaction.tenant,
        member,
        transaction.clock.now(),
    )
    if row is None:
        raise LinkUsed(field="token")
    return key.decrypt(row["sealed"], _SEALED) if row["settled"] else None


async def end(transaction: Transaction, member: UUID) -> None:
    """Forget a member's change."""
    await transaction.execute(
        "DELETE FROM email_changes WHERE tenant = $1 AND member_id = $2", transaction.tenant, member
    )
