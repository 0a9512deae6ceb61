"""Routes of the caller's own address book."""

from uuid import UUID

from litestar import delete, get, post, put
from litestar.params import FromPath, JSONBody

from jangteo.user.address_store import Entry
from jangteo.user.api.given import PERSONAL, AddressBook, Caller
from jangteo.user.domain.address import Address, clean_address
from jangteo.user.schemas import Addresses, AddressIn, AddressOut

_PATH = "/v1/members/me/addresses"


@get(_PATH, cache_control=PERSONAL)
async def list_addresses(caller: Caller, address_book: AddressBook) -> Addresses:
    """Show the caller's addresses, the default first."""
    entries = await address_book.list(caller.tenant, caller.member_id)
    return Addresses(items=[_told(entry) for entry in entries])


@post(_PATH, cache_control=PERSONAL)
async def add_address(data: JSONBody[AddressIn], caller: Caller, address_book: AddressBook) -> AddressOut:
    """Add an address; the same address sent twice is one."""
    member = caller.member_id
    return _told(await address_book.add(caller.tenant, member, _cleaned(data), is_default=data.is_default))


@put(_PATH + "/{address_id:uuid}", cache_control=PERSONAL)
async def replace_address(
    address_id: FromPath[UUID], data: JSONBody[AddressIn], caller: Caller, address_book: AddressBook
) -> AddressOut:
    """Overwrite an address."""
    member, address = caller.member_id, _cleaned(data)
    return _told(await address_book.replace(caller.tenant, member, address_id, address, is_default=data.is_default))


@delete(_PATH + "/{address_id:uuid}")
async def remove_address(address_id: FromPath[UUID], caller: Caller, address_book: AddressBook) -> None:
    """Delete an address; where it was the default, the newest of the others is."""
    await address_book.remove(caller.tenant, caller.member_id, address_id)


def _cleaned(data: JSONBody[AddressIn]) -> Address:
    return clean_address(
        label=data.label,
        recipient=data.recipient,
        phone=data.phone,
        zip=data.zip,
        address1=data.address1,
        address2=data.address2,
        note=data.note,
    )


def _told(entry: Entry) -> AddressOut:
    address = entry.address
    return AddressOut(
        id=entry.id,
        label=address.label,
        recipient=address.recipient,
        phone=address.phone,
        zip=address.zip,
        address1=address.address1,
        address2=address.address2,
        note=address.note,
        is_default=entry.is_default,
        created_at=entry.created_at,
    )


ROUTES = [list_addresses, add_address, replace_address, remove_address]
