"""The five ways in which a request or a message can fail, and nothing else.

    JangteoError
      ├─ NotFound          404   it is not there, or not yours to know of
      ├─ Conflict          409   the state of things does not allow it now
      ├─ Invalid           422   what was sent is wrong; names the field
      ├─ Forbidden         403   you may not
      │    └─ Unauthenticated 401   nobody knows who you are
      └─ Unavailable       503   try again later; the only one worth a retry

An error is declared beside its rule, as a subclass with a stable `code` and its text in Korean and English.
"""

from typing import Any, ClassVar


class JangteoError(Exception):
    """A failure with a stable code and a text for the person it is told to.

    `params` fill the templates and are told to the client beside them, so they carry no personal data.
    `field` names the input at fault, as a path such as `lines[0].quantity`.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    ko: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, *, field: str = "", **params: Any) -> None:
        self.field = field
        self.params = params
        super().__init__(f"{self.code} {params or ''} {field}".strip())

    def text(self, language: str) -> str:
        """Return the message in `language` ("ko", anything else is English)."""
        return (self.ko if language == "ko" else self.en).format(**self.params)


class NotFound(JangteoError):
    """There is no such thing, or it is not the caller's to know of."""

    status = 404
    code = "not_found"
    ko = "찾을 수 없습니다."
    en = "There is no such thing."


class Conflict(JangteoError):
    """The present state does not allow it."""

    status = 409
    code = "conflict"
    ko = "현재 상태에서는 처리할 수 없습니다."
    en = "The present state does not allow this."


class Invalid(JangteoError):
    """What was sent is wrong."""

    status = 422
    code = "invalid"
    ko = "입력한 값이 올바르지 않습니다."
    en = "The value is not valid."


class Forbidden(JangteoError):
    """The caller may not do this."""

    status = 403
    code = "forbidden"
    ko = "권한이 없습니다."
    en = "You may not do this."


class Unauthenticated(Forbidden):
    """The caller is not known: no token, or one that does not hold."""

    status = 401
    code = "unauthenticated"
    ko = "로그인이 필요합니다."
    en = "Please log in."


class Unavailable(JangteoError):
    """Something needed does not answer just now; trying again is right."""

    status = 503
    code = "unavailable"
    ko = "잠시 후 다시 시도해 주세요."
    en = "Please try again in a moment."


class InvalidFields(Invalid):
    """Several inputs are wrong at once."""

    code = "invalid"

    def __init__(self, problems: list[Invalid]) -> None:
        self.problems = problems
        super().__init__()
