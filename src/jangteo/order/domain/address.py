"""Where an order goes: a person's own data, made tidy, kept sealed, and shown to others only masked."""

import re
import unicodedata

import msgspec

from jangteo.kit.errors import Invalid

PURPOSE = "order.address"
NOTE_PURPOSE, REFUND_PURPOSE = "order.cancellation_note", "order.refund_reason"
_PHONE = re.compile(r"\+?[0-9]{8,15}")


class PhoneMalformed(Invalid):
    """That is no telephone number."""

    code = "address.phone"
    ko = "전화번호 형식이 올바르지 않습니다."
    en = "That is not a telephone number."


class FieldBlank(Invalid):
    """There is nothing but blanks."""

    code = "address.blank"
    ko = "비워 둘 수 없습니다."
    en = "This must not be blank."


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient and where to find them; `phone` is in E.164 form."""

    recipient: str
    phone: str
    zip: str
    address1: str
    address2: str = ""
    note: str = ""


def tidy(address: Address) -> Address:
    """Return the address in NFC, without stray blanks, the telephone in E.164 form.

    Raises PhoneMalformed or FieldBlank, naming the field.
    """
    texts = {
        name: " ".join(unicodedata.normalize("NFC", getattr(address, name)).split())
        for name in ("recipient", "address1", "address2", "note")
    }
    for name in ("recipient", "address1"):
        if not texts[name]:
            raise FieldBlank(field=f"address.{name}")
    return Address(phone=normal_phone(address.phone), zip=address.zip, **texts)


def normal_phone(text: str) -> str:
    """Return a telephone number in E.164 form; one that begins with 0 is Korean. Raises PhoneMalformed."""
    digits = re.sub(r"[\s().-]", "", text)
    if not _PHONE.fullmatch(digits):
        raise PhoneMalformed(field="address.phone")
    if digits.startswith("0"):
        return "+82" + digits[1:]
    return digits if digits.startswith("+") else "+" + digits


def masked(address: Address) -> Address:
    """Return what a member of staff sees who has no need to call: 김*수, the last four digits, no street number."""
    name = address.recipient
    hidden = name[0] + "*" * max(1, len(name) - 2) + (name[-1] if len(name) > 2 else "")
    return Address(
        recipient=hidden,
        phone="*" * (len(address.phone) - 4) + address.phone[-4:],
        zip=address.zip,
        address1=" ".join(address.address1.split()[:2]),
        address2="***" if address.address2 else "",
        note="",
    )


def encode(address: Address) -> str:
    """Return the address as the text that gets sealed."""
    return msgspec.json.encode(address).decode()


def decode(text: str) -> Address:
    """Return the address out of the text that was sealed."""
    return msgspec.json.decode(text, type=Address)
