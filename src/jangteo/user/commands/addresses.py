"""Changes to a member's own address book; one address in it is the default, from the first one on."""

from uuid import UUID

from jangteo.kit.postgres import Database
from jangteo.user.address_store import AddressBooks, Entry
from jangteo.user.domain.address import MAX_ADDRESSES, Address, AddressBookFull, AddressUnknown
from jangteo.user.store import lock_member


class AddressBook:
    """Adds, replaces and removes addresses; the member's row is the lock of the whole book."""

    def __init__(self, database: Database, books: AddressBooks) -> None:
        self._database = database
        self._books = books

    async def list(self, tenant: str, member: UUID) -> list[Entry]:
        """Return the book, the default first."""
        async with self._database.read(tenant) as reader:
            return await self._books.list(reader, member)

    async def add(self, tenant: str, member: UUID, address: Address, *, is_default: bool) -> Entry:
        """Add an address; the same address twice is one. Raises AddressBookFull, MemberUnknown."""
        async with self._database.transaction(tenant) as transaction:
            await lock_member(transaction, member)
            known = await self._books.list(transaction, member)
            if len(known) >= MAX_ADDRESSES and address not in [entry.address for entry in known]:
                raise AddressBookFull(max=MAX_ADDRESSES)
            id = await self._books.add(transaction, member, address, is_default=is_default or not known)
            return _only(await self._books.list(transaction, member), id)

    async def replace(self, tenant: str, member: UUID, id: UUID, address: Address, *, is_default: bool) -> Entry:
        """Overwrite an address; the default stays one until another takes its place.

        Raises AddressUnknown, AddressDuplicate, MemberUnknown.
        """
        async with self._database.transaction(tenant) as transaction:
            await lock_member(transaction, member)
            await self._books.replace(transaction, member, id, address, is_default=is_default)
            return _only(await self._books.list(transaction, member), id)

    async def remove(self, tenant: str, member: UUID, id: UUID) -> None:
        """Delete an address. Raises AddressUnknown, MemberUnknown."""
        async with self._database.transaction(tenant) as transaction:
            await lock_member(transaction, member)
            await self._books.remove(transaction, member, id)


def _only(entries: list[Entry], id: UUID) -> Entry:
    for entry in entries:
        if entry.id == id:
            return entry
    raise AddressUnknown()
