"""The adapter of the sandbox's card processor: its words into ours, its signatures checked (see docs/sandbox.md)."""

import logging
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from jangteo.kit.http.signed import is_genuine
from jangteo.payment.domain.attempt import Attempt, Refund, Seen, SeenRefund
from jangteo.payment.domain.ledger import Kind
from jangteo.payment.providers.channel import Answer, Channel
from jangteo.payment.providers.interface import (
    Method,
    NewPage,
    NotReached,
    OpenedPage,
    OutcomeUnknown,
    OutOfStep,
    Refused,
    SeenMovement,
    SignatureInvalid,
    Webhook,
)
from jangteo.payment.providers.sandbox_words import (
    STATUS,
    CardPage,
    Event,
    Movements,
    Payment,
    Payments,
    Problem,
    RefundMade,
    Refunds,
)
from jangteo.payment.settings import PaymentSettings

log = logging.getLogger(__name__)

SIGNATURE_HEADER = "sandbox-signature"
WEBHOOK_WINDOW = 300.0
PAGE = 1000
T = TypeVar("T")


class SandboxProvider:
    """The sandbox as a `Provider`."""

    name = "sandbox"

    def __init__(self, settings: PaymentSettings, session: aiohttp.ClientSession) -> None:
        headers = {"Authorization": f"Bearer {settings.sandbox_secret_key}"}
        self._channel = Channel(
            self.name, settings.sandbox_url, headers, session, concurrency=settings.provider_concurrency
        )
        self._webhook_secret = settings.sandbox_webhook_secret.encode()
        self._browser_url = (settings.sandbox_public_url or settings.sandbox_url).rstrip("/")

    async def authorise(self, attempt: Attempt) -> Seen:
        """See `Provider.authorise`."""
        body = {
            "reference": attempt.reference,
            "amount": attempt.amount,
            "currency": attempt.currency,
            "token": attempt.method_token,
            "capture": attempt.capture_at_once,
        }
        return _seen(await self._act("/v1/payments", body, f"{attempt.id}:authorise", Payment))

    async def capture(self, attempt: Attempt) -> Seen:
        """See `Provider.capture`."""
        path = f"/v1/payments/{attempt.provider_id}/capture"
        return _seen(await self._act(path, {"amount": attempt.amount}, f"{attempt.id}:capture", Payment))

    async def void(self, attempt: Attempt) -> Seen:
        """See `Provider.void`."""
        path = f"/v1/payments/{attempt.provider_id}/void"
        return _seen(await self._act(path, {}, f"{attempt.id}:void", Payment))

    async def refund(self, attempt: Attempt, refund: Refund) -> SeenRefund:
        """See `Provider.refund`."""
        path = f"/v1/payments/{attempt.provider_id}/refunds"
        body = {"amount": refund.amount, "reference": str(refund.id)}
        return _seen_refund(await self._act(path, body, f"{refund.id}:{refund.round}", RefundMade))

    async def query(self, attempt: Attempt) -> Seen | None:
        """See `Provider.query`; of several with one reference the one that moved furthest counts."""
        page = await self._ask(f"/v1/payments?reference={attempt.reference}", Payments)
        if attempt.provider_id is not None:
            return next((_seen(payment) for payment in page.data if payment.id == attempt.provider_id), None)
        return _seen(page.data[0]) if page.data else None

    async def find_refund(self, attempt: Attempt, refund: Refund) -> SeenRefund | None:
        """See `Provider.find_refund`."""
        page = await self._ask(f"/v1/payments/{attempt.provider_id}/refunds", Refunds)
        return next((_seen_refund(found) for found in page.data if found.reference == str(refund.id)), None)

    async def movements(self, start: datetime, end: datetime) -> AsyncIterator[SeenMovement]:
        """See `Provider.movements`."""
        period = f"from={_stamp(start)}&to={_stamp(end)}&limit={PAGE}"
        after, more = 0, True
        while more:
            page = await self._ask(f"/v1/balance-transactions?{period}&after={after}", Movements)
            for movement in page.data:
                yield SeenMovement(
                    id=str(movement.id),
                    kind=Kind.CAPTURE if movement.type == "charge" else Kind.REFUND,
                    reference=movement.reference or "",
                    provider_refund_id=movement.refund_id,
                    amount=abs(movement.amount),
                    currency=movement.currency,
                    at=movement.created_at,
                )
                after = movement.id
            more = page.has_more and bool(page.data)

    async def held_references(self) -> AsyncIterator[str]:
        """See `Provider.held_references`."""
        for status in ("requires_confirmation", "authorized"):
            after, more = "", True
            while more:
                page = await self._ask(f"/v1/payments?status={status}&limit={PAGE}&after={after}", Payments)
                for payment in page.data:
                    yield payment.reference
                    after = payment.id
                more = page.has_more and bool(page.data)

    def parse_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Webhook:
        """See `Provider.parse_webhook`."""
        signature = headers.get(SIGNATURE_HEADER, "")
        if not is_genuine(signature, body, self._webhook_secret, now, WEBHOOK_WINDOW):
            raise SignatureInvalid()
        try:
            event = msgspec.json.decode(body, type=Event)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise ValueError("not an event of the sandbox") from None
        return Webhook(
            event_id=event.id,
            type=event.type,
            seen=_seen(event.data.payment) if event.data.payment else None,
            refund=_seen_refund(event.data.refund) if event.data.refund else None,
        )

    def method(self) -> Method:
        """See `Provider.method`."""
        return Method(
            provider=self.name,
            kind="card",
            tokenise_url=f"{self._browser_url}/v1/tokens",
            form_url=f"{self._browser_url}/fields",
            test_mode=True,
            available=not self._channel.breaker.is_open,
        )

    async def open_page(self, page: NewPage) -> OpenedPage:
        """See `Provider.open_page`; the sandbox does with a page what is asked, and keeps nothing of it for us."""
        body = {"reference": page.reference, "amount": page.amount, "currency": page.currency}
        reply = await self._channel.call(
            "POST", "/v1/card-pages", msgspec.json.encode(body | {"return_url": page.return_url})
        )
        opened = _read(reply, CardPage) if reply.status < 300 else _raise(reply)
        return OpenedPage(url=opened.url, expires_at=opened.expires_at)

    async def _act(self, path: str, body: Mapping[str, Any], key: str, answer: type[T]) -> T:
        reply = await self._channel.call("POST", path, msgspec.json.encode(body), key=key)
        return _read(reply, answer) if reply.status < 300 else _raise(reply)

    async def _ask(self, path: str, answer: type[T]) -> T:
        reply = await self._channel.call("GET", path)
        if reply.status != 200:
            raise NotReached()
        return _read(reply, answer)


def _read(reply: Answer, answer: type[T]) -> T:
    try:
        return msgspec.json.decode(reply.body, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise OutcomeUnknown() from None


def _raise(reply: Answer) -> NoReturn:
    """Tell what a status means for the question whether something happened."""
    code = _code(reply.body)
    if reply.status == 409:
        # A twin is still running, or the payment is in another state than we thought.
        raise OutcomeUnknown() if code == "idempotency_key_in_use" else OutOfStep(code)
    if reply.status >= 500:
        raise OutcomeUnknown()
    if reply.status in (401, 403):
        log.error("the provider does not take our key: %s %s", reply.status, code)
    if reply.status in (401, 403, 429):
        raise NotReached()
    raise Refused(code or "provider_refused")


def _code(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=Problem).code
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _seen(payment: Payment) -> Seen:
    return Seen(
        provider_id=payment.id,
        reference=payment.reference,
        status=STATUS[payment.status],
        amount=payment.amount,
        currency=payment.currency,
        captured=payment.captured_amount,
        reason=payment.decline_code or "",
        action_url=payment.confirmation_url,
        expires_at=payment.expires_at,
        card_brand=payment.card.brand,
        card_last4=payment.card.last4,
    )


def _seen_refund(refund: RefundMade) -> SeenRefund:
    return SeenRefund(
        provider_refund_id=refund.id, reference=refund.reference or "", amount=refund.amount, currency=refund.currency
    )


def _stamp(moment: datetime) -> str:
    return quote(moment.astimezone(UTC).isoformat())
