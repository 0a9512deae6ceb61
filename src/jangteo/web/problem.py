"""What the mall refused, as its problem document says it, in the visitor's language."""

from typing import Any

import msgspec


class Fault(msgspec.Struct, frozen=True):
    """One field at fault."""

    field: str
    code: str
    message: str


class Told(msgspec.Struct, frozen=True):
    """What is read of a problem document (RFC 9457)."""

    title: str = ""
    code: str = ""
    detail: str = ""
    errors: list[Fault] = []
    params: dict[str, Any] = {}
    trace_id: str = ""


class Problem(Exception):
    """The mall said no. `errors` has the message for each field at fault, by the field's name in the API."""

    def __init__(self, status: int, told: Told) -> None:
        super().__init__(f"{status} {told.code}")
        self.status = status
        self.code = told.code
        self.detail = told.detail
        self.params = told.params
        self.trace_id = told.trace_id
        self.errors = {fault.field: fault.message for fault in told.errors}

    @classmethod
    def of(cls, status: int, body: bytes) -> "Problem":
        """Read an answer of `status` from 400 on."""
        try:
            return cls(status, msgspec.json.decode(body, type=Told))
        except msgspec.DecodeError:
            return cls(status, Told())


class LoginNeeded(Problem):
    """Nobody is logged in, or not any more."""

    def __init__(self) -> None:
        super().__init__(401, Told(code="unauthenticated"))


class NotAllowed(Problem):
    """The visitor may not do this."""

    def __init__(self, code: str = "forbidden") -> None:
        super().__init__(403, Told(code=code))


class NotThere(Problem):
    """There is no such page."""

    def __init__(self) -> None:
        super().__init__(404, Told(code="page.unknown"))
