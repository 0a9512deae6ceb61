"""A buyer at the gateway: the public API as any client sees it, for the demo, the tests and the benchmarks.

It keeps what a browser would keep: tokens, the guest cart, and nothing else.
"""

import asyncio
import secrets
import time
from types import TracebackType
from typing import Any, Self

import aiohttp

PASSWORD = "correct-horse-battery-9"  # noqa: S105  (of throw-away members)
ADDRESS = {
    "recipient": "김장터",
    "phone": "010-1234-5678",
    "zip": "04524",
    "address1": "서울특별시 중구 세종대로 110",
    "address2": "3층",
    "note": "문 앞에 놓아 주세요",
}
# Where an order stops by itself.
SETTLED = frozenset({"paid", "shipped", "delivered", "rejected", "cancelled"})


class Refused(Exception):
    """The mall said no: `status` and the problem document tell why."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')} {problem.get('errors', '')}")

    @property
    def code(self) -> str:
        """The stable code of the refusal."""
        return str(self.problem.get("code", ""))


class Buyer:
    """One visitor of the mall at `url`, speaking `language`, in the shop `tenant`."""

    def __init__(
        self,
        url: str,
        *,
        language: str = "ko",
        tenant: str = "",
        session: aiohttp.ClientSession | None = None,
        traceparent: str = "",
    ) -> None:
        self._url = url.rstrip("/")
        self._own_session = session is None
        self._session = session or aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        self._headers = {"Accept-Language": language}
        if traceparent:
            self._headers["traceparent"] = traceparent
        if tenant:
            port = self._url.rpartition(":")[2]
            self._headers["Host"] = f"{tenant}.localhost:{port}"
        self.email = ""
        self.member: dict[str, Any] = {}
        self.tokens: dict[str, Any] = {}
        self.cart_token = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own_session:
            await self._session.close()

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, key: str = ""
    ) -> Any:
        """Call the gateway and return the JSON answer. Raises Refused for any status from 400 on."""
        sent = {**self._headers, **(headers or {})}
        if self.tokens:
            sent["Authorization"] = f"Bearer {self.tokens['access_token']}"
        if self.cart_token:
            sent["X-Cart-Token"] = self.cart_token
        if key:
            sent["Idempotency-Key"] = key
        async with self._session.request(
            method, self._url + path, json=body, headers=sent, allow_redirects=False
        ) as answer:
            if token := answer.headers.get("X-Cart-Token"):
                self.cart_token = token
            raw = await answer.read()
            if answer.status >= 400:
                problem = await answer.json(content_type=None) if raw else {}
                raise Refused(answer.status, problem if isinstance(problem, dict) else {})
            return await answer.json(content_type=None) if raw else None

    async def sign_up(self, email: str = "", name: str = "김장터") -> None:
        """Become a member under `email` (made up where none is given) and log in."""
        self.email = email or f"buyer-{secrets.token_hex(6)}@example.test"
        await self.call(
            "POST",
            "/v1/members",
            {
                "email": self.email,
                "password": PASSWORD,
                "name": name,
                "phone": ADDRESS["phone"],
                "language": self._headers["Accept-Language"],
                "is_14_or_older": True,
                "consents": {"terms": True, "privacy": True},
            },
        )
        await self.log_in(self.email, PASSWORD)

    async def log_in(self, email: str, password: str) -> None:
        """Open a session; a guest cart goes along with the next look at the cart."""
        self.tokens = {}
        answer = await self.call("POST", "/v1/sessions", {"email": email, "password": password})
        self.tokens, self.member = answer, answer.get("member", {})

    async def products(self, **filters: Any) -> list[dict[str, Any]]:
        """Return the first page of products that match `filters`."""
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        answer = await self.call("GET", "/v1/products" + (f"?{query}" if query else ""))
        return list(answer["items"])

    async def product(self, product_id: str) -> dict[str, Any]:
        """Return a product with its variants."""
        answer: dict[str, Any] = await self.call("GET", f"/v1/products/{product_id}")
        return answer

    async def add_to_cart(self, sku: str, quantity: int = 1) -> dict[str, Any]:
        """Put `quantity` of `sku` into the cart and return the cart."""
        answer: dict[str, Any] = await self.call("POST", "/v1/cart/lines", {"sku": sku, "quantity": quantity})
        return answer

    async def cart(self) -> dict[str, Any]:
        """Return the cart."""
        answer: dict[str, Any] = await self.call("GET", "/v1/cart")
        return answer

    async def tokenise(self, number: str) -> str:
        """Give the card number to the payment provider, past the mall, and return the token that stands for it."""
        method = await self._payment_method()
        card = {"number": number, "expiry_month": 12, "expiry_year": 2035, "cvc": "123"}
        async with self._session.post(method["tokenise_url"], json=card) as answer:
            document = await answer.json(content_type=None)
            if answer.status >= 400:
                raise Refused(answer.status, document)
            return str(document["token"])

    async def _payment_method(self) -> dict[str, Any]:
        answer = await self.call("GET", "/v1/payment-methods")
        methods = answer["items"] if isinstance(answer, dict) else answer
        return next(method for method in methods if method["provider"] == "sandbox")

    async def place_order(
        self,
        token: str,
        *,
        lines: list[dict[str, Any]] | None = None,
        key: str = "",
        wait: int = 0,
        **more: Any,
    ) -> dict[str, Any]:
        """Order the cart, or `lines`, paying with `token`; `wait` up to that many seconds for it to settle."""
        body: dict[str, Any] = {"address": ADDRESS, **({"lines": lines} if lines else {"from_cart": True}), **more}
        if token:
            body["payment"] = {"provider": "sandbox", "token": token}
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        answer: dict[str, Any] = await self.call(
            "POST", "/v1/orders", body, headers=headers, key=key or secrets.token_hex(16)
        )
        return answer

    async def order(self, order_id: str) -> dict[str, Any]:
        """Return an order with its time line."""
        answer: dict[str, Any] = await self.call("GET", f"/v1/orders/{order_id}")
        return answer

    async def cancel(self, order_id: str, key: str = "") -> dict[str, Any]:
        """Ask for the cancellation of an order."""
        answer: dict[str, Any] = await self.call(
            "POST", f"/v1/orders/{order_id}/cancellation", {}, key=key or secrets.token_hex(16)
        )
        return answer

    async def wait_for(
        self, order_id: str, statuses: frozenset[str] | set[str] = SETTLED, seconds: float = 30.0
    ) -> dict[str, Any]:
        """Return the order once its status is one of `statuses`. Raises TimeoutError after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            order = await self.order(order_id)
            if order["status"] in statuses:
                return order
            if time.monotonic() > deadline:
                raise TimeoutError(f"order {order_id} is still {order['status']}, not one of {sorted(statuses)}")
            await asyncio.sleep(0.1)
