"""Asking for a mail by an e-mail address: the same steps whether anybody has it or not, the rest behind the scenes.

The request is a row and an event, for members and strangers alike. Who has the address is looked up when the event
comes back, where nobody can watch how long it takes.
"""

from datetime import datetime
from uuid import UUID

from jangteo.contracts.user import LinkAsked, MailKind
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Database, Transaction
from jangteo.user.domain.person import email_to_compare
from jangteo.user.mails import Mails
from jangteo.user.store import EMAIL, Members
from jangteo.user.throttle import Throttle, origin


class Links:
    """Takes requests for links, and sees to them."""

    def __init__(self, database: Database, members: Members, mails: Mails, throttle: Throttle) -> None:
        self._database = database
        self._members = members
        self._mails = mails
        self._throttle = throttle

    async def ask(self, tenant: str, email: str, kind: MailKind, address: str) -> None:
        """Have a mail sent to whoever has `email`, if anybody. Raises TooManyAttempts.

        `address` is the caller's on the network.
        """
        account = (await self._members.index(tenant, email)).hex()
        await self._throttle.admit(f"{kind}:{account}", await origin(self._members.vault, tenant, address))
        await self.notify(tenant, email, kind)

    async def notify(self, tenant: str, email: str, kind: MailKind, until: datetime | None = None) -> None:
        """Have a mail sent to whoever has `email`, if anybody, without counting it."""
        async with self._database.transaction(tenant) as transaction:
            id, vault = new_id(), self._members.vault
            indexes = await vault.blind_indexes(transaction, EMAIL, email_to_compare(email))
            await transaction.execute(
                "INSERT INTO link_requests (tenant, id, email_indexes, kind, until, created_at)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                tenant,
                id,
                indexes,
                kind,
                until,
                transaction.clock.now(),
            )
            transaction.send(LinkAsked(request_id=id))

    async def answer(self, transaction: Transaction, request: UUID) -> None:
        """See to a request: send the mail to whoever has the address; a stranger is not written to."""
        row = await transaction.fetchrow(
            "DELETE FROM link_requests WHERE tenant = $1 AND id = $2 RETURNING email_indexes, kind, until",
            transaction.tenant,
            request,
        )
        if row is None:
            return
        member = await transaction.fetchrow(
            "SELECT id, email_verified_at FROM members WHERE tenant = $1 AND email_index = ANY($2)",
            transaction.tenant,
            row["email_indexes"],
        )
        if member is None or (row["kind"] == "verify_email" and member["email_verified_at"] is not None):
            return
        parameters = {"until": row["until"].isoformat()} if row["until"] else None
        await self._mails.request(transaction, member["id"], row["kind"], parameters=parameters)
