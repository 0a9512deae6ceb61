"""A visitor's session: an unguessable id in a cookie, all the rest in Valkey, sealed by a key that only the cookie has.

Whoever reads Valkey learns neither tokens nor names: the name of a record is a digest of the id, its fields are
sealed under another one. A visitor of whom nothing is kept yet has an id all the same, for the forms' sake; the
letter before it says whether there is anything to look up.
"""

import hashlib
import hmac
import secrets
import time
from typing import Any, TypeVar, cast

import msgspec

from jangteo.kit.privacy.sealing import Cipher, Unreadable
from jangteo.kit.valkey import Redis, translated

ID_LETTERS = 43
_EMPTY, _KEPT = "e", "k"
_DAY_SECONDS = 86_400
_DAY = b"day"  # when a record was last touched, in clear
ValueT = TypeVar("ValueT")


class Session:
    """What is remembered of one visitor, by the name of each part; changed parts are written at the end of a request.

    Two requests at once that change different parts do not undo each other.
    """

    def __init__(self, tenant: str, id: str = "", *, kept: bool = False) -> None:
        self.tenant = tenant
        self.id = id or secrets.token_urlsafe(32)
        self.is_first = self.is_new = not id
        self.is_kept = kept
        self.is_needed = False  # by the browser: a page holds something made of the id, or it replaces another
        self.spare_form_keys: list[str] = []  # in hex: of first pages whose session lost against this one
        self.previous = ""  # the id that this one has replaced
        self.changed: dict[str, bytes | None] = {}
        self.day = 0
        self._parts: dict[str, bytes] = {}

    @property
    def cookie(self) -> str:
        """Return what the cookie says."""
        return (_KEPT if self.is_kept else _EMPTY) + self.id

    def fill(self, parts: dict[str, bytes]) -> None:
        """Take what the store has."""
        self._parts = parts

    def read(self, name: str, kind: type[ValueT]) -> ValueT | None:
        """Return a part; None where there is none, or one that an older version of us wrote in another form."""
        raw = self._parts.get(name)
        if raw is None:
            return None
        try:
            return msgspec.json.decode(raw, type=kind)
        except msgspec.DecodeError:
            return None

    def write(self, name: str, value: Any) -> None:
        """Keep a part."""
        self._parts[name] = self.changed[name] = msgspec.json.encode(value)

    def drop(self, name: str) -> None:
        """Forget a part."""
        if self._parts.pop(name, None) is not None:
            self.changed[name] = None

    def renew(self) -> None:
        """Give the session a new id, so that whoever knew the old one, or had planted it, has nothing."""
        self.previous = self.previous or (self.id if self.is_kept else "")
        self.id = secrets.token_urlsafe(32)
        self.is_new = self.is_needed = True
        self.is_first = False
        self.changed = dict(self._parts)

    def end(self) -> None:
        """Forget everything."""
        self._parts.clear()
        self.renew()
        self.is_kept = False

    def form_key(self) -> bytes:
        """Return what the tokens of this visitor's forms are made of."""
        self.is_needed = True
        return _digest(b"form", self.id)[:16]


def _digest(purpose: bytes, id: str) -> bytes:
    return hmac.digest(id.encode(), purpose, hashlib.sha256)


class Sessions:
    """Loads and saves them."""

    def __init__(self, valkey: "Redis", days: int) -> None:
        self._valkey = valkey
        self.seconds = days * _DAY_SECONDS

    async def check(self) -> None:
        """Raise ValkeyUnavailable where sessions cannot be read."""
        with translated():
            await self._valkey.ping()

    async def load(self, tenant: str, cookie: str) -> Session:
        """Return the session that the cookie names, else a new one. Raises ValkeyUnavailable."""
        kept, id = cookie[:1], cookie[1:]
        if len(id) != ID_LETTERS or kept not in (_EMPTY, _KEPT):
            return Session(tenant)
        if kept == _EMPTY:
            return Session(tenant, id)
        with translated():
            found = cast(dict[bytes, bytes], await self._valkey.hgetall(_name(tenant, id)))
        if not found:
            return Session(tenant)  # it has ended; an id of nothing is not taken over
        session = Session(tenant, id, kept=True)
        session.day = int(found.pop(_DAY, b"0"))
        session.fill(_opened(id, found))
        return session

    async def fresh(self, session: Session, name: str, kind: type[ValueT]) -> ValueT | None:
        """Return a part as it is kept by now, whoever changed it meanwhile. Raises ValkeyUnavailable."""
        with translated():
            raw = cast(bytes | None, await self._valkey.hget(_name(session.tenant, session.id), name))
        opened = _opened(session.id, {name.encode(): raw}) if raw else {}
        return msgspec.json.decode(opened[name], type=kind) if name in opened else None

    async def save(self, session: Session) -> None:
        """Write what has changed, and once a day that the visitor was here. Raises ValkeyUnavailable."""
        today = int(time.time()) // _DAY_SECONDS
        kept = session.is_kept or any(value is not None for value in session.changed.values())
        if not session.previous and (not kept or (not session.changed and session.day == today)):
            return
        record, cipher = _name(session.tenant, session.id), Cipher(_digest(b"seal", session.id))
        with translated():
            async with self._valkey.pipeline(transaction=True) as pipe:
                if session.previous:
                    pipe.delete(_name(session.tenant, session.previous))
                if kept:
                    for name, value in session.changed.items():
                        if value is not None:
                            pipe.hset(record, name, cipher.seal(value, name.encode()))
                    pipe.hset(record, "day", str(today))
                    if dropped := [name for name, value in session.changed.items() if value is None]:
                        pipe.hdel(record, *dropped)
                    pipe.expire(record, self.seconds)
                await pipe.execute()
        session.is_kept = kept
        session.changed, session.previous, session.day = {}, "", today


def _name(tenant: str, id: str) -> str:
    return f"web:{tenant}:session:{_digest(b'name', id).hex()}"


def _opened(id: str, sealed: dict[bytes, bytes]) -> dict[str, bytes]:
    cipher = Cipher(_digest(b"seal", id))
    parts = {}
    for name, value in sealed.items():
        try:
            parts[name.decode()] = cipher.unseal(value, name)
        except Unreadable:
            continue  # somebody has written there who was not us
    return parts
