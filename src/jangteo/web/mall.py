"""The mall as this service knows it: the gateway's public API, called for one visitor, with that visitor's rights."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import msgspec

from jangteo.kit.http.wire import Answer, ConnectionLost
from jangteo.kit.telemetry import traces
from jangteo.web.gateway import Gateway, Moved, Nothing, Raw, Visitor, address, decoded, segment
from jangteo.web.member import Session as LoggedIn
from jangteo.web.member import Tokens
from jangteo.web.problem import LoginNeeded, Problem, Told
from jangteo.web.session import Session

AnswerT = TypeVar("AnswerT")
CART_TOKEN = "X-Cart-Token"  # noqa: S105
__all__ = ["CART", "PIECES", "TOKENS", "Gateway", "Mall", "Moved", "Nothing", "Raw", "Visitor", "address", "segment"]
TOKENS, CART, PIECES = "tokens", "cart", "pieces"  # parts of the session


_renewing: "WeakValueDictionary[str, asyncio.Lock]" = WeakValueDictionary()


class Mall:
    """Calls for one visitor during one request."""

    def __init__(self, gateway: Gateway, visitor: Visitor, session: Session) -> None:
        self._gateway = gateway
        self._visitor = visitor
        self._session = session
        self._tokens = session.read(TOKENS, Tokens)

    async def get(self, path: str, answer: type[AnswerT], **query: object) -> AnswerT:
        """GET `path`; parts of `query` that are None or empty are left out. Raises Problem."""
        return decoded((await self.call("GET", address(path, query))).body, answer)

    async def window(self, path: str, answer: type[AnswerT], *, seconds: float = 0.0, **query: object) -> AnswerT:
        """GET what everybody sees alike: asked for again only where it has changed, and not at all for `seconds`.

        Raises Problem.
        """
        asked = address(path, query)
        key = (self._session.tenant, self._visitor.language, asked)
        known = self._gateway.window.known(key, answer)
        if known is not None and known.is_fresh(seconds):
            return known.value
        more = {"If-None-Match": known.etag} if known is not None else {}
        told = await self.call("GET", asked, headers=more, anonymous=True)
        if told.status == 304 and known is not None:
            self._gateway.window.seen(known)
            return known.value
        if told.status in (301, 308):
            raise Moved(told.headers.get("location", ""))
        value = decoded(told.body, answer)
        self._gateway.window.keep(key, answer, value, told.headers.get("etag", ""))
        return value

    async def reckoned(self, path: str, body: Any, answer: type[AnswerT], *, seconds: float) -> AnswerT:
        """POST `body` to what only reckons something for everybody alike; the answer is good for `seconds`.

        Raises Problem.
        """
        raw = msgspec.json.encode(body)
        key = (self._session.tenant, self._visitor.language, f"{path} {raw.decode()}")
        known = self._gateway.window.known(key, answer)
        if known is not None and known.is_fresh(seconds):
            return known.value
        value = decoded((await self.call("POST", path, raw, anonymous=True)).body, answer)
        self._gateway.window.keep(key, answer, value, "")
        return value

    def seen(self, path: str, answer: type[AnswerT]) -> AnswerT | None:
        """Return what `window` answered last, asking nobody."""
        known = self._gateway.window.known((self._session.tenant, self._visitor.language, path), answer)
        return None if known is None else known.value

    async def post(
        self, path: str, body: Any, answer: type[AnswerT], *, once: str = "", headers: Mapping[str, str] | None = None
    ) -> AnswerT:
        """POST `body` as JSON; `once` is the Idempotency-Key. Raises Problem."""
        more = {**(headers or {}), **({"Idempotency-Key": once} if once else {})}
        return decoded((await self.call("POST", path, body, headers=more)).body, answer)

    async def put(self, path: str, body: Any, answer: type[AnswerT], *, version: str = "") -> AnswerT:
        """PUT `body` as JSON, with If-Match where a `version` is named. Raises Problem."""
        return decoded((await self.call("PUT", path, body, headers=_match(version))).body, answer)

    async def patch(self, path: str, body: Any, answer: type[AnswerT], *, version: str = "") -> AnswerT:
        """PATCH `body` as JSON, with If-Match where a `version` is named. Raises Problem."""
        return decoded((await self.call("PATCH", path, body, headers=_match(version))).body, answer)

    async def delete(self, path: str, answer: type[AnswerT] | None = None, *, version: str = "") -> AnswerT | None:
        """DELETE `path`. Raises Problem."""
        told = await self.call("DELETE", path, headers=_match(version))
        return None if answer is None else decoded(told.body, answer)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        anonymous: bool = False,
    ) -> Raw:
        """Call the gateway; `body` is encoded as JSON unless it is bytes. Raises Problem for a status from 400 on.

        A token that has run out is renewed, and the call made again once: nothing of it had taken effect.
        """
        tokens = None if anonymous else await self._valid_tokens()
        told = await self._send(method, path, body, headers or {}, tokens)
        if tokens is not None and _is_of_token(told):
            tokens = await self._renewed(tokens)
            told = await self._send(method, path, body, headers or {}, tokens)
        if told.status >= 400:
            raise Problem.of(told.status, told.body)
        return told

    async def _valid_tokens(self) -> Tokens | None:
        if self._tokens is not None and self._tokens.is_spent():
            self._tokens = await self._renewed(self._tokens)
        return self._tokens

    @property
    def gateway_address(self) -> str:
        """Return where streams are opened; see jangteo.web.live."""
        return self._gateway.address

    async def stream_headers(self) -> dict[str, str]:
        """Return what says for whom a stream is opened, with a token that holds. Raises LoginNeeded."""
        tokens = await self._valid_tokens()
        return {**self._headers(), **({"Authorization": f"Bearer {tokens.access_token}"} if tokens else {})}

    def _headers(self) -> dict[str, str]:
        visitor = self._visitor
        return {
            "Host": visitor.host,
            "X-Jangteo-Inner-Key": self._gateway.key,
            "X-Forwarded-For": visitor.address,
            "X-Forwarded-Proto": visitor.scheme,
            "Accept-Language": visitor.language,
            "User-Agent": visitor.agent,
        }

    async def _send(
        self, method: str, path: str, body: Any, more: Mapping[str, str], tokens: Tokens | None, tries: int = 2
    ) -> Raw:
        headers = self._headers()
        if tokens is not None:
            headers["Authorization"] = f"Bearer {tokens.access_token}"
        of_cart = path.startswith("/v1/cart") or path.startswith("/v1/wishlist")
        if of_cart and (cart := self._session.read(CART, str)):
            headers[CART_TOKEN] = cart
        raw = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        if raw is not None:
            headers["Content-Type"] = "application/json"
        told: dict[str, str] = {}
        with traces.client_span(f"{method} gateway") as carried:
            answer = await self._wired(method, path, {**headers, **carried, **more}, raw, told, tries)
        if of_cart:
            self._note_cart(answer, told, tokens)
        return Raw(answer.status, answer.body, told)

    async def _wired(
        self, method: str, path: str, headers: Mapping[str, str], raw: bytes | None, told: dict[str, str], tries: int
    ) -> Answer:
        """Make the call; one that asks only is made again where a kept connection has died under it."""
        try:
            return await self._gateway.wire.call(method, self._gateway.address, path, headers, raw, told)
        except ConnectionLost as error:
            if tries > 1 and (method == "GET" or "Idempotency-Key" in headers):
                return await self._wired(method, path, headers, raw, told, tries - 1)
            raise Problem(503, Told(code="service.unavailable")) from error
        except TimeoutError as error:
            raise Problem(504, Told(code="service.too_slow")) from error

    def _note_cart(self, answer: Answer, told: Mapping[str, str], tokens: Tokens | None) -> None:
        """Keep whose cart it is, and how much is in it, for the number beside every page's cart."""
        if tokens is not None and answer.status < 400:
            self._session.drop(CART)  # it has been merged
        elif (token := told.get(CART_TOKEN.lower())) and token != self._session.read(CART, str):
            self._session.write(CART, token)
        if answer.status < 300 and answer.body:
            pieces = decoded(answer.body, _Pieces).count
            if pieces is not None and pieces != self._session.read(PIECES, int):
                self._session.write(PIECES, pieces)

    async def _renewed(self, tokens: Tokens) -> Tokens:
        """Return tokens that hold. Raises LoginNeeded where the session has ended.

        A refresh token is good for one use, so requests at once must not both use it: in this process they wait for
        one another, and from several the same key gets the same answer.
        """
        lock = _renewing.setdefault(self._session.id, asyncio.Lock())
        async with lock:
            kept = await self._gateway.sessions.fresh(self._session, TOKENS, Tokens)
            if kept is not None and kept.access_token != tokens.access_token:
                self._tokens = kept
                return kept
            once = hashlib.sha256(tokens.refresh_token.encode()).hexdigest()[:40]
            asked = {"refresh_token": tokens.refresh_token}
            told = await self._send("POST", "/v1/sessions/refresh", asked, {"Idempotency-Key": once}, None)
            if told.status >= 500 or told.status == 429:
                raise Problem.of(told.status, told.body)
            if told.status >= 400:
                self._session.end()
                self._tokens = None
                raise LoginNeeded()
            self._tokens = Tokens.of(decoded(told.body, LoggedIn))
            self._session.write(TOKENS, self._tokens)
            await self._gateway.sessions.save(self._session)
            return self._tokens

    def enter(self, opened: LoggedIn) -> None:
        """Be that member from now on; the session gets a new id."""
        self._session.renew()
        self._tokens = Tokens.of(opened)
        self._session.write(TOKENS, self._tokens)

    def leave(self) -> None:
        """Be nobody from now on."""
        self._session.end()
        self._tokens = None


class _Pieces(msgspec.Struct, frozen=True):
    """What tells how much is in a cart; an answer to a merge holds the cart itself."""

    pieces: int | None = None
    cart: "_Pieces | None" = None

    @property
    def count(self) -> int | None:
        """Return the pieces, None where the answer is about something else."""
        return self.cart.pieces if self.cart else self.pieces


def _is_of_token(told: Raw) -> bool:
    """Return whether a call was refused for its token, not for, say, a wrong password within it."""
    code = Problem.of(401, told.body).code if told.status == 401 else ""
    return code == "unauthenticated" or code.startswith("token.")


def _match(version: str) -> dict[str, str]:
    return {"If-Match": version} if version else {}
