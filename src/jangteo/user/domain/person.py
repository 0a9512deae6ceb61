"""What an e-mail address, a password, a name and a telephone number must look like, and their one canonical form."""

import re
import unicodedata
from collections.abc import Callable
from typing import TypeVar

from jangteo.kit.errors import Conflict, Invalid, InvalidFields, NotFound
from jangteo.user.common_passwords import is_common

MAX_EMAIL = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
MAX_LOCAL_PART = 64
MAX_NAME = 50
MIN_PASSWORD, MAX_PASSWORD = 8, 128

_EMAIL = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?")
# Area codes, mobile and internet telephony as they begin after the 0 (no 15xx numbers: they take no parcel calls).
_KOREAN = re.compile(r"0(?:2\d{7,8}|[3-6]\d{8,9}|1[016789]\d{7,8}|50\d{9,10}|70\d{8}|80\d{7,8})")
_INTERNATIONAL = re.compile(r"\+[1-9]\d{7,14}")  # E.164


class MemberUnknown(NotFound):
    """There is no such member in this shop."""

    code = "member.unknown"
    ko = "없는 회원입니다."
    en = "There is no such member."


class EmailInvalid(Invalid):
    """Not an e-mail address."""

    code = "email.invalid"
    ko = "이메일 주소 형식이 올바르지 않습니다."
    en = "This is not an e-mail address."


class EmailTaken(Conflict):
    """Somebody is a member with this e-mail already."""

    code = "email.taken"
    ko = "이미 가입된 이메일입니다."
    en = "There is a member with this e-mail already."


class PasswordTooShort(Invalid):
    """Shorter, or longer, than what is accepted."""

    code = "password.length"
    ko = "비밀번호는 {min}자 이상 {max}자 이하여야 합니다."
    en = "The password must have {min} to {max} characters."


class PasswordGuessable(Invalid):
    """Among those that are guessed first, or the e-mail itself."""

    code = "password.guessable"
    ko = "너무 쉽게 추측할 수 있는 비밀번호입니다."
    en = "This password is guessed too easily."


class NameInvalid(Invalid):
    """Empty, too long, or with characters that cannot be seen."""

    code = "name.invalid"
    ko = "이름은 1자 이상 {max}자 이하의 글자여야 합니다."
    en = "The name must have 1 to {max} visible characters."


class PhoneInvalid(Invalid):
    """Not a telephone number."""

    code = "phone.invalid"
    ko = "전화번호 형식이 올바르지 않습니다."
    en = "This is not a telephone number."


class ConsentMissing(Invalid):
    """Membership is a contract: it needs these two consents."""

    code = "consent.required"
    ko = "필수 약관에 동의해야 합니다."
    en = "This consent is required."


def email_as_written(text: str) -> str:
    """Return the address in NFC without space around it. Raises EmailInvalid."""
    email = unicodedata.normalize("NFC", text.strip())
    local = email.partition("@")[0]
    if len(email) > MAX_EMAIL or len(local) > MAX_LOCAL_PART or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise EmailInvalid()
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise EmailInvalid()
    return email


def email_to_compare(text: str) -> str:
    """Return the form under which two spellings of one address are equal; takes anything."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def accepted_password(password: str, email: str) -> str:
    """Return `password`. Raises PasswordTooShort, PasswordGuessable."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise PasswordTooShort(min=MIN_PASSWORD, max=MAX_PASSWORD)
    lowered = password.casefold()
    if is_common(password) or lowered == email_to_compare(email) or len(set(password)) == 1:
        raise PasswordGuessable()
    return password


def clean_name(text: str) -> str:
    """Return a person's name in NFC with single spaces. Raises NameInvalid."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise NameInvalid(max=MAX_NAME)
    return name


def phone_in_e164(text: str) -> str:
    """Return a Korean or international number as `+` and digits (E.164). Raises PhoneInvalid."""
    number = re.sub(r"[\s().-]", "", text)
    if number.startswith("+82"):
        number = "0" + number[3:].removeprefix("0")
    if not number.isascii():
        raise PhoneInvalid()
    if _KOREAN.fullmatch(number):
        return "+82" + number[1:]
    if _INTERNATIONAL.fullmatch(number) and not number.startswith("+82"):
        return number
    raise PhoneInvalid()


T = TypeVar("T")


class Fields:
    """Checks several fields, so that one answer names every field at fault."""

    def __init__(self) -> None:
        self._faults: list[Invalid] = []

    def take(self, field: str, rule: Callable[[], T]) -> T | None:
        """Return what `rule` returns; note the error it raises as one of `field` and return None."""
        try:
            return rule()
        except Invalid as fault:
            fault.field = field
            self._faults.append(fault)
            return None

    def require(self, field: str, holds: bool, fault: type[Invalid]) -> None:
        """Note `fault` of `field` unless it holds."""
        if not holds:
            self._faults.append(fault(field=field))

    def settle(self) -> None:
        """Raise what was noted: the error itself where it is one, InvalidFields where they are several."""
        if len(self._faults) == 1:
            raise self._faults[0]
        if self._faults:
            raise InvalidFields(self._faults)
