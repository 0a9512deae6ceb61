"""What is wrong with one field, in words: the decoder's own are in English and speak of Python's types."""

import re

from jangteo.kit.errors import Invalid

_KINDS = {
    "int": ("정수", "a whole number"),
    "float": ("숫자", "a number"),
    "str": ("문자열", "text"),
    "bool": ("true/false", "true or false"),
    "array": ("배열", "a list"),
    "object": ("객체", "an object"),
    "null": ("null", "null"),
}
# What the decoder says of a limit, and what it means.
_LIMITS = (
    (r"^(?:int|float) >= (\S+)$", "{0} 이상이어야 합니다.", "It must be {0} or more."),
    (r"^(?:int|float) > (\S+)$", "{0}보다 커야 합니다.", "It must be more than {0}."),
    (r"^(?:int|float) <= (\S+)$", "{0} 이하여야 합니다.", "It must be {0} or less."),
    (r"^(?:int|float) < (\S+)$", "{0}보다 작아야 합니다.", "It must be less than {0}."),
    (r"^str of length >= (\d+)$", "{0}자 이상이어야 합니다.", "It must have at least {0} characters."),
    (r"^str of length <= (\d+)$", "{0}자 이하여야 합니다.", "It must have at most {0} characters."),
    (r"^array of length >= (\d+)$", "{0}개 이상이어야 합니다.", "It must have at least {0} entries."),
    (r"^array of length <= (\d+)$", "{0}개 이하여야 합니다.", "It must have at most {0} entries."),
    (r"^str matching regex '(.*)'$", "정해진 형식이 아닙니다: {0}", "It is not of the form {0}"),
)
_REASONS = (
    (r"^Invalid enum value '?(.*?)'?$", "허용되지 않는 값입니다: {0}", "This is none of the allowed values: {0}"),
    (r"^Invalid RFC3339 encoded datetime$", "시각은 2026-11-22T09:00:00Z처럼 적습니다.", "Write 2026-11-22T09:00:00Z."),
    (r"^Invalid RFC3339 encoded date$", "날짜는 2026-11-22처럼 적습니다.", "A day is written as 2026-11-22."),
    (r"^Invalid UUID$", "올바른 식별자(UUID)가 아닙니다.", "This is not an id (UUID)."),
)


class FieldWrongType(Invalid):
    """A value of the wrong type."""

    code = "field.type"
    ko = "형식이 다릅니다. 필요한 형식: {expected}, 받은 형식: {got}"
    en = "Expected {expected}, got {got}."

    def text(self, language: str) -> str:
        """Return the message with the types in words."""
        kinds = {name: _kind(str(given), language) for name, given in self.params.items()}
        return (self.ko if language == "ko" else self.en).format(**kinds)


class FieldOutOfBounds(Invalid):
    """A value that is too long, too large, or not of the required form."""

    code = "field.bounds"
    ko = "허용 범위를 벗어났습니다: {expected}"
    en = "The value is not within what is allowed: {expected}."

    def text(self, language: str) -> str:
        """Return what the value must be."""
        return _worded(_LIMITS, str(self.params["expected"]), language) or super().text(language)


class FieldMalformed(Invalid):
    """A value that does not parse."""

    code = "field.malformed"
    ko = "값을 읽을 수 없습니다: {reason}"
    en = "The value cannot be read: {reason}."

    def text(self, language: str) -> str:
        """Return how the value is to be written."""
        return _worded(_REASONS, str(self.params["reason"]), language) or super().text(language)


def _kind(named: str, language: str) -> str:
    words = [_KINDS.get(name, (name, name))[language != "ko"] for name in named.split(" | ")]
    return (" 또는 " if language == "ko" else " or ").join(words)


def _worded(table: tuple[tuple[str, str, str], ...], said: str, language: str) -> str:
    for pattern, ko, en in table:
        if match := re.match(pattern, said, re.DOTALL):
            return (ko if language == "ko" else en).format(*match.groups())
    return ""
