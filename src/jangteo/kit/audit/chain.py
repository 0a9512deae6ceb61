"""The chain: each entry's digest covers its content and the digest before, so that every break has a place.

0 ── 1 ── 2 ── 3 ── … ── n          digest(i) = HMAC(audit key, content(i) + digest(i-1))
                    ^         ^
                    witness   head
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from jangteo.kit.audit.entry import Keys

START = bytes(32)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is stored; `origin` and `reason` are sealed, `details` is JSON."""

    tenant: str
    number: int
    at: datetime
    actor: str
    permissions: str
    action: str
    subject: str
    person_id: UUID | None
    origin: str
    reason: str
    details: str
    key_id: str
    previous: bytes
    digest: bytes = b""

    def content(self, service: str) -> bytes:
        """Return what the digest covers: everything but itself, in a form that no two entries share."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name != "digest"}
        return msgspec.json.encode({"service": service, **fields})


COLUMNS = Row.__struct_fields__


class Fault(NamedTuple):
    """Where a chain is broken, and how it shows."""

    number: int
    what: str


def faults_of(service: str, keys: Keys, rows: Iterable[Row], seen: Mapping[int, set[bytes]]) -> Iterator[Fault]:
    """Check the entries of one tenant in the order of their numbers; say what does not fit.

    `seen` holds the digests that others were told, by number. What follows a missing entry is checked from there on,
    so that one removal is one fault.
    """
    expected, previous = 1, START
    for row in rows:
        if row.number != expected:
            gone = f"entry {expected}" if row.number == expected + 1 else f"entries {expected} to {row.number - 1}"
            yield Fault(expected, f"{gone}: removed")
        elif row.previous != previous:
            yield Fault(row.number, "it does not follow the entry before: changed, swapped or inserted by hand")
        key = keys.get(row.key_id)
        if key is None:
            yield Fault(row.number, f"nobody has its key {row.key_id!r}: inserted by hand, or a former key is missing")
        elif key.digest(row.content(service)) != row.digest:
            yield Fault(row.number, "its digest is not that of its content: changed or inserted by hand")
        elif others := seen.get(row.number, set()) - {row.digest}:
            yield Fault(row.number, f"the witness was told of another one ({min(others).hex()[:16]}…): rewritten")
        expected, previous = row.number + 1, row.digest
    if missing := [number for number in seen if number >= expected]:
        last = max(missing)
        gone = f"entry {expected}" if last == expected else f"entries {expected} to {last}"
        yield Fault(expected, f"{gone}: the witness was told of it, the chain ends before: removed")
