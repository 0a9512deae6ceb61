"""Takes out of texts what tells who somebody is: e-mail addresses, Korean phone numbers, long card-like numbers.

It is the last net under the rule that no personal data is logged, not a licence to log it.
"""

import re

# Neighbours are tested in ASCII only: Korean particles stand right behind a number ("010-1234-5678로").
_BEFORE, _AFTER = r"(?<![0-9A-Za-z-])", r"(?![0-9A-Za-z-])"
_EMAIL = r"[^\s@<>\"',;:()\[\]=/&?]+(?:@|%40)[^\s@<>\"',;:()\[\]=/&?]+\.[^\W\d_]{2,}"
_PHONE = _BEFORE + r"(?:\(?0\d{1,3}\)?|(?:\+|00)82[-. ]?\(?0?\)?\d{1,2})[-. )]?\d{3,4}[-. ]?\d{4}" + _AFTER
_CARD = (
    _BEFORE
    + r"(?:\d{13,19}|\d{4}[- ]\d{4}[- ]\d{4}[- ]\d{1,4}(?:[- ]\d{1,3})?|\d{4}[- ]\d{6}[- ]\d{4,5}|\d{6}[- ]\d{7})"
    + _AFTER
)
_ALL = re.compile(f"(?P<email>{_EMAIL})|(?P<phone>{_PHONE})|(?P<number>{_CARD})")
_WORTH_A_LOOK = re.compile(r"@|%40|\d{4}")

SECRET_FIELDS = frozenset(("authorization", "card_number", "cookie", "email", "password", "phone", "secret", "token"))
MASK = "[redacted]"


def redact(text: str) -> str:
    """Return `text` with [email], [phone] and [number] in the place of what looks like one."""
    if _WORTH_A_LOOK.search(text) is None:
        return text
    return _ALL.sub(lambda match: f"[{match.lastgroup}]", text)


def redact_value(name: str, value: object) -> object:
    """Return a field of a log line with the same done to every text inside, and secrets taken out by name."""
    if name.lower() in SECRET_FIELDS:
        return MASK
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if -(10**12) < value < 10**12 else redact(str(value))
    if isinstance(value, dict):
        return {redact(str(key)): redact_value(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value("", inner) for inner in value]
    return redact(str(value))
