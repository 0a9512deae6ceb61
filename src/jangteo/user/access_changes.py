"""Whatever changes how a member gets in is an entry of the audit trail, and told to the member by mail."""

from collections.abc import Mapping
from uuid import UUID

from jangteo.contracts.user import MailKind
from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.postgres import Transaction
from jangteo.user.mails import Mails


async def note_change(
    transaction: Transaction,
    mails: Mails,
    member: UUID,
    action: str,
    kind: MailKind,
    *,
    address: str = "",
    told: Mapping[str, str] | None = None,
) -> None:
    """Note that a member did `action`, from the network `address`, and have a mail of `kind` sent; last in the work.

    `told` is for the mail's words and the entry's details, so nothing personal is in it.
    """
    await mails.request(transaction, member, kind, parameters=dict(told or {}))
    by = Caller(kind="member", tenant=transaction.tenant, id=member, address=address)
    entry = Entry(by=by, action=action, on=f"member:{member}", person=member, details=dict(told or {}))
    await audit.record(transaction, entry)
