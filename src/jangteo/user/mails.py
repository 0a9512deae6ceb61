"""Asks for mails to members, and knows the secrets in their links, which are stored nowhere.

A mail is a row, asked for by an event that names nothing but the row. The notification service fetches what to write
when it sends; the token in the link is a signature of the row, so that it can be made again and read in no store.
"""

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from jangteo.contracts.user import Mail, MailKind, MailRequested
from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.privacy import PersonErased, Vault
from jangteo.kit.pruning import Retention
from jangteo.user.domain.mail import KINDS, Link, LinkExpired, LinkInvalid, LinkUsed, MailUnknown
from jangteo.user.domain.person import MemberUnknown
from jangteo.user.store import Members, lock_member

MAIL_TOKEN = "mail.token"  # noqa: S105
RETENTION = Retention("mails", "expires_at", timedelta(days=7))
_SEALED = "mail.to"
_ID_BYTES, _SEAL_BYTES = 16, 32
_COLUMNS = "id, member_id, kind, sealed, expires_at, used_at"


class _Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    email: str | None = None
    parameters: dict[str, str] = {}


class Mails:
    """The mails of all tenants."""

    def __init__(self, vault: Vault, members: Members) -> None:
        self._vault = vault
        self._members = members

    async def request(
        self,
        transaction: Transaction,
        member: UUID,
        kind: MailKind,
        *,
        to: str | None = None,
        parameters: dict[str, str] | None = None,
    ) -> UUID:
        """Have a mail sent once this transaction commits; return its id.

        It goes to the address that the member has when it is sent, or to `to`. `parameters` is for its template.
        Raises PersonErased.
        """
        id, now = new_id(), transaction.clock.now()
        expires = (now + KINDS[kind].life).replace(microsecond=0)
        sealed = None
        if to is not None or parameters:
            key = await self._vault.key(transaction, member)
            told = _Told(email=to, parameters=parameters or {})
            sealed = key.encrypt(msgspec.json.encode(told).decode(), _SEALED)
        await transaction.execute(
            "INSERT INTO mails (tenant, id, member_id, kind, sealed, created_at, expires_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            transaction.tenant,
            id,
            member,
            kind,
            sealed,
            now,
            expires,
        )
        transaction.send(MailRequested(mail_id=id, member_id=member, kind=kind, expires_at=expires))
        return id

    async def write(self, reader: Reader, id: UUID, now: datetime) -> Mail:
        """Return what to write and to whom. Raises MailUnknown for a mail that nobody should get any more."""
        row = await reader.fetchrow(
            f"SELECT {_COLUMNS} FROM mails WHERE tenant = $1 AND id = $2 AND used_at IS NULL AND expires_at > $3",
            reader.tenant,
            id,
            now,
        )
        if row is None:
            raise MailUnknown()
        try:
            told = await self._told(reader, row)
            member = await self._members.get(reader, row["member_id"])
        except (PersonErased, MemberUnknown):
            raise MailUnknown() from None
        parameters = {**told.parameters, "expires_at": row["expires_at"].isoformat()}
        if page := KINDS[row["kind"]].page:
            # Behind the hash: it is sent to no server by following the link, and so in nobody's log.
            parameters["link"] = f"{page}#token={await self.token(reader.tenant, row)}"
        return Mail(
            mail_id=id,
            member_id=member.id,
            kind=row["kind"],
            email=told.email or member.profile.email,
            name=member.profile.name,
            language=member.language,
            parameters=parameters,
        )

    async def token(self, tenant: str, row: Any) -> str:
        """Return the secret of a mail's link."""
        seal = await self._vault.sign(tenant, MAIL_TOKEN, _signed(row))
        return base64.urlsafe_b64encode(row["id"].bytes + seal).rstrip(b"=").decode()

    async def read(self, reader: Reader, token: str, kinds: Sequence[MailKind], now: datetime) -> Link:
        """Return what `token` stands for, without using it up. Raises LinkInvalid, LinkUsed, LinkExpired."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except ValueError:
            raise LinkInvalid(field="token") from None
        if len(raw) != _ID_BYTES + _SEAL_BYTES:
            raise LinkInvalid(field="token")
        row = await reader.fetchrow(
            f"SELECT {_COLUMNS} FROM mails WHERE tenant = $1 AND id = $2 AND kind = ANY($3)",
            reader.tenant,
            UUID(bytes=raw[:_ID_BYTES]),
            list(kinds),
        )
        if row is None or not await self._vault.is_signed(reader.tenant, MAIL_TOKEN, _signed(row), raw[_ID_BYTES:]):
            raise LinkInvalid(field="token")
        if row["used_at"] is not None:
            raise LinkUsed(field="token")
        if row["expires_at"] <= now:
            raise LinkExpired(field="token")
        told = await self._told(reader, row)
        return Link(row["id"], row["member_id"], row["kind"], row["expires_at"], told.email)

    async def spend(self, transaction: Transaction, token: str, *kinds: MailKind) -> Link:
        """Use a token up: it holds once, whoever comes at the same time. The member is locked until the end.

        Raises LinkInvalid, LinkUsed, LinkExpired.
        """
        link = await self.read(transaction, token, kinds, transaction.clock.now())
        await lock_member(transaction, link.member_id)
        used = await transaction.execute(
            "UPDATE mails SET used_at = $3 WHERE tenant = $1 AND id = $2 AND used_at IS NULL",
            transaction.tenant,
            link.mail_id,
            transaction.clock.now(),
        )
        if not used:
            raise LinkUsed(field="token")
        return link

    async def void(self, transaction: Transaction, member: UUID, *kinds: MailKind) -> None:
        """Let no link of these kinds hold any more that this member was, or is being, sent."""
        await transaction.execute(
            "UPDATE mails SET used_at = $4 WHERE tenant = $1 AND member_id = $2 AND kind = ANY($3) AND used_at IS NULL",
            transaction.tenant,
            member,
            list(kinds),
            transaction.clock.now(),
        )

    async def _told(self, reader: Reader, row: Any) -> _Told:
        if row["sealed"] is None:
            return _Told()
        key = await self._vault.key(reader, row["member_id"])
        return msgspec.json.decode(key.decrypt(row["sealed"], _SEALED), type=_Told)


def _signed(row: Any) -> str:
    return f"{row['id']}:{row['kind']}:{int(row['expires_at'].timestamp())}"
