"""The order service's part in the payment tests: sends commands, hears events, and looks into the processor's books."""

import asyncio
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from payment_world import PATIENCE, SECRET_KEY
from processes import Running

from jangteo.contracts import payment as contract
from jangteo.kit.bus import Bus, Delivery, Outgoing
from jangteo.kit.ids import new_id
from jangteo.kit.messages import Message, encode, open_data, open_envelope

CARDS = {
    "success": "4242424242424242",
    "declined": "4000000000000002",
    "insufficient_funds": "4000000000009995",
    "needs_confirmation": "4000002500003155",
    "timeout_made": "4000000000001000",
    "timeout_not_made": "4000000000001018",
    "answered_twice": "4000000000001026",
    "webhook_first": "4000000000001034",
    "webhook_late": "4000000000001042",
    "webhook_forged_first": "4000000000001059",
    "capture_fails": "4000000000001067",
    "capture_timeout": "4000000000001075",
    "expires_fast": "4000000000001083",
    "refund_fails": "4000000000001091",
}
EVENTS = (
    contract.PaymentAuthorised,
    contract.PaymentDeclined,
    contract.PaymentActionRequired,
    contract.PaymentCaptured,
    contract.PaymentCaptureFailed,
    contract.PaymentCancelled,
    contract.PaymentRefunded,
    contract.PaymentRefundFailed,
)


class Saga:
    """Sends commands as the order service does, and hears what the payment service says."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._heard: dict[uuid.UUID, dict[uuid.UUID, Message]] = defaultdict(dict)
        self._news = asyncio.Condition()

    async def hear(self, delivery: Delivery) -> None:
        envelope = open_envelope(delivery.body)
        cls = next(event for event in EVENTS if event.type == envelope.type)
        message: Any = open_data(envelope, cls)
        async with self._news:
            self._heard[message.order_id][envelope.id] = message
            self._news.notify_all()

    async def send(self, *commands: Message, tenant: str, copies: int = 1) -> None:
        for command in commands:
            id = new_id()
            body = encode(command, id=id, source="test", tenant=tenant, time=datetime.now(UTC), traceparent=None)
            for copy in range(copies):
                # Another id for the broker, which drops twins; the same one for the inbox.
                outgoing = Outgoing(id=f"{id}-{copy}", type=command.type, key=command.partition(), body=body)
                await self._bus.publish([outgoing])

    def said(self, order_id: uuid.UUID) -> list[Any]:
        """Return everything heard about an order, each message once, as it came."""
        return list(self._heard[order_id].values())

    async def until(self, order_id: uuid.UUID, *kinds: type[Message], count: int = 1) -> Any:
        """Wait for a message of one of `kinds` about an order; return the latest."""

        def found() -> list[Any]:
            return [message for message in self.said(order_id) if isinstance(message, kinds)]

        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(lambda: len(found()) >= count), PATIENCE)
            except TimeoutError:
                raise AssertionError(f"waited for {kinds}, heard {self.said(order_id)}") from None
        return found()[-1]


@dataclass
class Buyer:
    """An order about to be paid, and what its processor has in the books."""

    tenant: str
    saga: Saga
    processor: Running
    http: httpx.AsyncClient
    amount: int = 12_900
    at_once: bool = False
    member_id: uuid.UUID = field(default_factory=new_id)
    order_id: uuid.UUID = field(default_factory=new_id)
    payment_id: uuid.UUID = field(default_factory=new_id)

    async def token(self, card: str) -> str:
        body = {"number": CARDS[card], "expiry_month": 12, "expiry_year": 2040, "cvc": "123"}
        answer = await self.http.post(f"{self.processor.url}/v1/tokens", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    async def authorise_command(self, card: str = "success", **changed: Any) -> contract.AuthorisePayment:
        fields: dict[str, Any] = {
            "order_id": self.order_id,
            "payment_id": self.payment_id,
            "member_id": self.member_id,
            "order_number": "20260101-0001",
            "amount": self.amount,
            "currency": "KRW",
            "provider": "sandbox",
            "method_token": changed.pop("method_token", None) or await self.token(card),
            "capture": self.at_once,
        }
        return contract.AuthorisePayment(**(fields | changed))

    async def authorise(self, card: str = "success", **changed: Any) -> None:
        await self.saga.send(await self.authorise_command(card, **changed), tenant=self.tenant)

    async def capture(self) -> None:
        command = contract.CapturePayment(order_id=self.order_id, payment_id=self.payment_id)
        await self.saga.send(command, tenant=self.tenant)

    async def cancel(self) -> None:
        await self.saga.send(contract.CancelPayment(order_id=self.order_id, reason="buyer"), tenant=self.tenant)

    async def refund(self, amount: int, *, refund_id: uuid.UUID | None = None, copies: int = 1) -> uuid.UUID:
        """Ask for a part back, as the order does for staff; return the refund's id."""
        command = contract.RefundPayment(
            order_id=self.order_id,
            payment_id=self.payment_id,
            refund_id=refund_id or new_id(),
            amount=amount,
            currency="KRW",
            reason="staff.refund",
            requested_by=new_id(),
        )
        await self.saga.send(command, tenant=self.tenant, copies=copies)
        return command.refund_id

    async def pay(self, card: str = "success") -> None:
        """Go all the way to captured."""
        await self.authorise(card)
        if not self.at_once:
            await self.until(contract.PaymentAuthorised)
            await self.capture()
        await self.until(contract.PaymentCaptured)

    async def until(self, *kinds: type[Message], count: int = 1) -> Any:
        return await self.saga.until(self.order_id, *kinds, count=count)

    def said(self) -> list[type[Message]]:
        return [type(message) for message in self.saga.said(self.order_id)]

    async def at_processor(self, payment_id: uuid.UUID | None = None) -> list[dict[str, Any]]:
        """Return what the processor has under the attempt's reference."""
        path = f"/v1/payments?reference={payment_id or self.payment_id}"
        answer = await self.http.get(self.processor.url + path, headers={"Authorization": f"Bearer {SECRET_KEY}"})
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    async def until_at_processor(self, status: str) -> None:
        """Wait until the processor's one payment of the attempt is `status`."""
        for _ in range(int(PATIENCE / 0.1)):
            found = await self.at_processor()
            if [payment["status"] for payment in found] == [status]:
                return
            await asyncio.sleep(0.1)
        raise AssertionError(await self.at_processor())
