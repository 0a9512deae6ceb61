"""What the user service keeps about a person: all that is known of a member."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, ClassVar
from uuid import UUID

import msgspec

from jangteo.contracts.retention import ACCESS_LOG, CONTRACT_PAYMENT
from jangteo.kit.legal_archive import LegalArchive
from jangteo.kit.people import Counts, Kept, Standing
from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.retention import day_of
from jangteo.user.address_store import AddressBooks
from jangteo.user.domain.member import Member
from jangteo.user.domain.person import MemberUnknown
from jangteo.user.identity_store import Identities
from jangteo.user.log_ins import LogIns
from jangteo.user.store import Members

# What is told of each table, and what goes with the member.
_SHOWN = {
    "consents": "purpose, granted, text_version, channel, at",
    "sessions": "created_at, turned_at, expires_at, revoked_at, revoked_for",
    "member_roles": "role, granted_at",
    "consent_notices": "consent_id, round, at",
    "mails": "kind, created_at, expires_at, used_at",
    "second_factors": "created_at, confirmed_at",
    "exports": "state, requested_at, ready_at, expires_at",
}
_DELETED = (
    *(
        "consent_notices",
        "consents",
        "addresses",
        "sessions",
        "member_roles",
        "mails",
        "second_factors",
        "recovery_codes",
    ),
    *("login_challenges", "exports", "email_changes", "identities", "oidc_logins", "log_ins"),
)
_FORGET = """
UPDATE members SET email_index = NULL, sealed = NULL, password_hash = NULL, language = 'ko', erased_at = $3,
    email_verified_at = NULL, created_at = date_trunc('day', created_at), updated_at = $3, version = version + 1
WHERE tenant = $1 AND id = $2
"""


class UserPeople:
    """The members."""

    covers: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(_DELETED, "deleted"),
        "purchases": "stay: what an order came to, under the id",
        "members": "an id stays, by which the orders of one person are told from those of another",
        "export_parts": "deleted with their export",
        "withdrawals": "stay as the proof, under the id",
        "token_versions": "stay: a number under the id, by which tokens given out before do not hold",
        "signing_keys": "are the mall's own",
    }

    def __init__(self, members: Members, archive: LegalArchive) -> None:
        self._members = members
        self._books = AddressBooks(members.vault)
        self._identities = Identities(members.vault)
        self._log_ins = LogIns(members.vault)
        self._archive = archive

    async def standing(self, reader: Reader, person: UUID) -> Standing:
        """Return that nothing here holds a member; the last owner of a shop is refused when asking to leave."""
        return Standing()

    async def export(self, reader: Reader, person: UUID) -> dict[str, Any]:
        """Return profile, addresses, and everything that happened to the account."""
        member = await self._members.get(reader, person)
        told: dict[str, Any] = {
            "profile": {**msgspec.to_builtins(member.profile), "language": member.language, "since": member.created_at},
            "addresses": [
                {**msgspec.to_builtins(entry.address), "is_default": entry.is_default, "since": entry.created_at}
                for entry in await self._books.list(reader, person)
            ],
        }
        told["identities"] = [msgspec.to_builtins(one) for one in await self._identities.of(reader, person)]
        told["log_ins"] = msgspec.to_builtins(await self._log_ins.all(reader, person))
        for table, columns in _SHOWN.items():
            told[table] = await self._rows(reader, table, columns, person)
        return told

    async def erase(self, transaction: Transaction, person: UUID) -> Counts:
        """Keep who bought what the others keep, and the log-ins of the last months; leave an id and nothing else."""
        member = await self._known(transaction, person)
        kept = {
            CONTRACT_PAYMENT: await self._keep_identity(transaction, person, member),
            ACCESS_LOG: await self._keep_log_ins(transaction, person),
        }
        destroyed = {}
        for table in _DELETED:
            destroyed[table] = await transaction.execute(
                f"DELETE FROM {table} WHERE tenant = $1 AND member_id = $2", transaction.tenant, person
            )
        destroyed["members"] = await transaction.execute(_FORGET, transaction.tenant, person, transaction.clock.now())
        return Counts(destroyed, kept)

    async def _known(self, reader: Reader, person: UUID) -> Member | None:
        try:
            return await self._members.get(reader, person)
        except MemberUnknown:
            return None

    async def _keep_identity(self, transaction: Transaction, person: UUID, member: Member | None) -> int:
        """Keep name and addresses as long as the last record of a contract (전자상거래법 §6②), if there is any."""
        stored = await transaction.fetchval(
            "SELECT keeps FROM withdrawals WHERE tenant = $1 AND member_id = $2 AND state = 'erasing'",
            transaction.tenant,
            person,
        )
        keeps = msgspec.json.decode(stored, type=list[Kept]) if stored else []
        since = [kept.since for kept in keeps if kept.purpose == CONTRACT_PAYMENT]
        if not since or member is None:
            return 0
        consents = await self._rows(transaction, "consents", _SHOWN["consents"], person)
        told = {"member_id": person, "member_since": member.created_at, **msgspec.to_builtins(member.profile)}
        return int(
            await self._archive.keep(
                transaction, CONTRACT_PAYMENT, max(since), str(person), told | {"consents": consents}
            )
        )

    async def _keep_log_ins(self, transaction: Transaction, person: UUID) -> int:
        kept = 0
        for _, group in groupby(await self._log_ins.all(transaction, person), key=lambda one: day_of(one.at)):
            rows = list(group)
            told = {"log_ins": msgspec.to_builtins(rows)}
            kept += await self._archive.keep(transaction, ACCESS_LOG, rows[-1].at, str(person), told)
        return kept

    async def _rows(self, reader: Reader, table: str, columns: str, person: UUID) -> list[dict[str, Any]]:
        sql = f"SELECT {columns} FROM {table} WHERE tenant = $1 AND member_id = $2"
        return [dict(row) for row in await reader.fetch(sql, reader.tenant, person)]
