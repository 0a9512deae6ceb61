"""Loads and saves the address books."""

from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from jangteo.kit.ids import new_id
from jangteo.kit.postgres import Reader, Transaction
from jangteo.kit.privacy import Vault
from jangteo.user.domain.address import Address, AddressDuplicate, AddressUnknown

_PURPOSE = "address"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An address with its place in the book."""

    id: UUID
    address: Address
    is_default: bool
    created_at: datetime


class AddressBooks:
    """The addresses of all members, each encrypted as a whole."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    async def list(self, reader: Reader, member: UUID) -> list[Entry]:
        """Return a member's addresses, the default first, then the newest."""
        rows = await reader.fetch(
            "SELECT id, sealed, is_default, created_at FROM addresses WHERE tenant = $1 AND member_id = $2"
            " ORDER BY is_default DESC, id DESC",
            reader.tenant,
            member,
        )
        if not rows:
            return []
        key = await self._vault.key(reader, member)
        return [
            Entry(
                id=row["id"],
                address=msgspec.json.decode(key.decrypt(row["sealed"], _PURPOSE), type=Address),
                is_default=row["is_default"],
                created_at=row["created_at"],
            )
            for row in rows
        ]

    async def add(self, transaction: Transaction, member: UUID, address: Address, *, is_default: bool) -> UUID:
        """Insert an address; return its id, or that of the same address where the book has it."""
        id = new_id()
        sealed, index = await self._sealed(transaction, member, address)
        if is_default:
            await self._clear_default(transaction, member)
        found = await transaction.fetchval(
            "INSERT INTO addresses (tenant, id, member_id, sealed, content_index, is_default, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (member_id, content_index)"
            " DO UPDATE SET is_default = addresses.is_default OR excluded.is_default RETURNING id",
            transaction.tenant,
            id,
            member,
            sealed,
            index,
            is_default,
            transaction.clock.now(),
        )
        return UUID(str(found))

    async def replace(
        self, transaction: Transaction, member: UUID, id: UUID, address: Address, *, is_default: bool
    ) -> None:
        """Overwrite an address. Raises AddressUnknown, AddressDuplicate."""
        sealed, index = await self._sealed(transaction, member, address)
        if is_default:
            await self._clear_default(transaction, member)
        try:
            found = await transaction.execute(
                "UPDATE addresses SET sealed = $4, content_index = $5, is_default = is_default OR $6"
                " WHERE tenant = $1 AND member_id = $2 AND id = $3",
                transaction.tenant,
                member,
                id,
                sealed,
                index,
                is_default,
            )
        except asyncpg.UniqueViolationError:
            raise AddressDuplicate() from None
        if not found:
            raise AddressUnknown()

    async def remove(self, transaction: Transaction, member: UUID, id: UUID) -> None:
        """Delete an address; the newest of the others becomes the default in its place. Raises AddressUnknown."""
        row = await transaction.fetchrow(
            "DELETE FROM addresses WHERE tenant = $1 AND member_id = $2 AND id = $3 RETURNING is_default",
            transaction.tenant,
            member,
            id,
        )
        if row is None:
            raise AddressUnknown()
        if row["is_default"]:
            await transaction.execute(
                "UPDATE addresses SET is_default = true WHERE id ="
                " (SELECT id FROM addresses WHERE tenant = $1 AND member_id = $2 ORDER BY id DESC LIMIT 1)",
                transaction.tenant,
                member,
            )

    async def _clear_default(self, transaction: Transaction, member: UUID) -> None:
        await transaction.execute(
            "UPDATE addresses SET is_default = false WHERE tenant = $1 AND member_id = $2 AND is_default",
            transaction.tenant,
            member,
        )

    async def _sealed(self, transaction: Transaction, member: UUID, address: Address) -> tuple[str, bytes]:
        text = msgspec.json.encode(address).decode()
        key = await self._vault.key(transaction, member)
        # Under the member's own key, so that equal addresses of two members do not look equal.
        return key.encrypt(text, _PURPOSE), key.digest(text, _PURPOSE)
