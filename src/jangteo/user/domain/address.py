"""An address of a member's address book, in the form that a Korean parcel label needs."""

import re
import unicodedata

import msgspec

from jangteo.kit.errors import Conflict, Invalid, NotFound
from jangteo.user.domain.person import Fields, clean_name, phone_in_e164

MAX_ADDRESSES = 20
_ZIP = re.compile(r"[0-9]{5}")


class AddressUnknown(NotFound):
    """There is no such address in the caller's own book."""

    code = "address.unknown"
    ko = "없는 배송지입니다."
    en = "There is no such address."


class AddressDuplicate(Conflict):
    """The book has this very address under another id."""

    code = "address.duplicate"
    ko = "이미 등록된 배송지입니다."
    en = "This address is in the book already."


class AddressBookFull(Conflict):
    """The book has as many addresses as it may."""

    code = "address.limit"
    ko = "배송지는 {max}개까지 등록할 수 있습니다."
    en = "The address book holds {max} addresses at the most."


class ZipInvalid(Invalid):
    """Not a Korean postal code."""

    code = "zip.invalid"
    ko = "우편번호는 숫자 5자리여야 합니다."
    en = "A postal code has 5 digits."


class LineInvalid(Invalid):
    """A line of the address is empty, too long, or has characters that cannot be printed."""

    code = "address.line"
    ko = "주소를 {max}자 이하의 글자로 입력해 주세요."
    en = "The line must have 1 to {max} printable characters."


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """What is encrypted as a whole; `phone` is E.164, `address1` the road name address (도로명), `address2` more."""

    label: str
    recipient: str
    phone: str
    zip: str
    address1: str
    address2: str
    note: str


def clean_address(
    *, label: str, recipient: str, phone: str, zip: str, address1: str, address2: str, note: str
) -> Address:
    """Return the address in canonical form. Raises Invalid errors that name the fields at fault."""
    fields = Fields()
    cleaned = {
        "label": fields.take("label", lambda: _line(label, 30, optional=True)),
        "recipient": fields.take("recipient", lambda: clean_name(recipient)),
        "phone": fields.take("phone", lambda: phone_in_e164(phone)),
        "zip": fields.take("zip", lambda: _zip(zip)),
        "address1": fields.take("address1", lambda: _line(address1, 200)),
        "address2": fields.take("address2", lambda: _line(address2, 100, optional=True)),
        "note": fields.take("note", lambda: _line(note, 100, optional=True)),
    }
    fields.settle()
    return msgspec.convert(cleaned, Address)


def _zip(text: str) -> str:
    if not _ZIP.fullmatch(text.strip()):
        raise ZipInvalid()
    return text.strip()


def _line(text: str, limit: int, *, optional: bool = False) -> str:
    line = " ".join(unicodedata.normalize("NFC", text).split())
    if len(line) > limit or not line.isprintable() or not (line or optional):
        raise LineInvalid(max=limit)
    return line
