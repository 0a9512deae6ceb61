"""Telephone numbers as Koreans write them; kept and sent are E.164."""

import re

_MOBILE = re.compile(r"\+82(1[016-9])(\d{3,4})(\d{4})")
_SEOUL = re.compile(r"\+822(\d{3,4})(\d{4})")
_OTHER = re.compile(r"\+82(50\d|[3-8]\d)(\d{3,4})(\d{4})")


def dialled(number: str | None) -> str:
    """Return 010-1234-5678 for +821012345678; a number of another country stays as it is."""
    if not number:
        return ""
    if found := _MOBILE.fullmatch(number) or _OTHER.fullmatch(number):
        return f"0{found[1]}-{found[2]}-{found[3]}"
    if found := _SEOUL.fullmatch(number):
        return f"02-{found[1]}-{found[2]}"
    return number
