"""The payment service's surroundings in its tests: processes that can be killed, a gate, callers, keys."""

import asyncio
import hashlib
import hmac
import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import httpx
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from processes import Running

SECRET_KEY = "sk_test_of_the_payment_tests"
WEBHOOK_SECRET = "whsec_of_the_payment_tests"
TENANTS = tuple(f"p-{uuid.uuid4().hex[:10]}" for _ in range(300))
PATIENCE = 40.0
"""Seconds after which a test gives up waiting; nothing is asserted about how long anything takes."""


@dataclass
class Held:
    """Calls that the gate keeps waiting."""

    method: str
    path: re.Pattern[str]
    when: str
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        self.go.set()


class Gate:
    """Stands between the payment service and the processor, lets everything through, and counts it."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._held: list[Held] = []
        self.calls: list[tuple[str, str, str]] = []
        self.lie: Callable[[bytes], bytes] | None = None
        self.in_two_steps: set[str] = set()
        self.url = ""

    def hold(self, method: str, path: str, when: str) -> Held:
        """Hold the next call whose path and idempotency key, with a blank between, fit `path`.

        `when` is "before" the processor gets it or "after" it has acted.
        """
        held = Held(method, re.compile(path), when)
        self._held.append(held)
        return held

    async def handle(self, request: web.Request) -> web.Response:
        body, path = await request.read(), request.path_qs
        self.calls.append((request.method, path, request.headers.get("Idempotency-Key", "")))
        await self._wait(request, "before")
        if self.in_two_steps:
            body = self._without_capture(body)
        headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
        async with (
            aiohttp.ClientSession() as session,
            session.request(request.method, self._target + path, data=body, headers=headers) as answer,
        ):
            content = await answer.read()
        await self._wait(request, "after")
        if self.lie is not None:
            content = self.lie(content)
        return web.Response(status=answer.status, body=content, content_type=answer.content_type)

    def _without_capture(self, body: bytes) -> bytes:
        """Make of the processor one that only holds, for the references `in_two_steps`."""
        asked = json.loads(body or b"{}")
        return json.dumps(asked | {"capture": False}).encode() if asked.get("reference") in self.in_two_steps else body

    async def _wait(self, request: web.Request, when: str) -> None:
        about = f"{request.path_qs} {request.headers.get('Idempotency-Key', '')}"
        for held in list(self._held):
            if (held.method, held.when) == (request.method, when) and held.path.search(about):
                self._held.remove(held)
                held.arrived.set()
                await held.go.wait()


_PASSED = ("Authorization", "Content-Type", "Idempotency-Key")


class Authority:
    """Publishes signing keys as the user service does, and signs tokens with them."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    async def keys(self, _: web.Request) -> web.Response:
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return web.json_response({"keys": [public | {"kid": "test", "use": "sig", "alg": "RS256"}]})

    def token(self, tenant: str, member: uuid.UUID, *permissions: str) -> str:
        now = int(time.time())
        claims = {"iss": "jangteo", "aud": "jangteo", "sub": str(member), "tenant": tenant, "iat": now}
        claims |= {"exp": now + 600, "scope": " ".join(permissions)}
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "test"})


@dataclass
class Person:
    """Somebody who calls the payment service over HTTP."""

    http: httpx.AsyncClient
    id: uuid.UUID

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def post(self, path: str, body: Any, key: str | None = None, **headers: str) -> httpx.Response:
        headers |= {"Idempotency-Key": key} if key is not None else {}
        return await self.http.post(path, json=body, headers=headers)


class Hooks:
    """Posts webhooks as the processor does, with the fields of a payment that it has, changed at will."""

    def __init__(self, payment: Running, http: httpx.AsyncClient) -> None:
        self._url = f"{payment.url}/v1/webhooks/payments/"
        self._http = http

    async def post(
        self,
        body: bytes,
        *,
        secret: str = WEBHOOK_SECRET,
        at: float | None = None,
        provider: str = "sandbox",
        signature: str | None = None,
    ) -> httpx.Response:
        stamp = str(int(time.time() if at is None else at))
        proof = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"Sandbox-Signature": f"t={stamp},v1={proof}" if signature is None else signature}
        return await self._http.post(self._url + provider, content=body, headers=headers)

    @staticmethod
    def event(kind: str, payment: dict[str, Any], id: str = "", **changed: Any) -> bytes:
        event_id = id or f"evt_{uuid.uuid4().hex}"
        return json.dumps({"id": event_id, "type": kind, "data": {"payment": payment | changed}}).encode()
