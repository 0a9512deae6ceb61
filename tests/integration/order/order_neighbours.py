"""The services round the order service, played over real HTTP and real bus messages."""

import asyncio
import json
from collections import defaultdict
from datetime import UTC, datetime
from uuid import UUID, uuid4

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from processes import free_port

from jangteo.contracts import order, payment, product, shipping
from jangteo.kit.bus import Outgoing
from jangteo.kit.ids import new_id
from jangteo.kit.messages import Message, encode, open_data, open_envelope

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
COMMANDS = {
    cls.type: cls
    for cls in (
        product.ReserveStock,
        product.CommitStock,
        product.ReleaseStock,
        payment.AuthorisePayment,
        payment.CapturePayment,
        payment.CancelPayment,
        payment.RefundPayment,
        product.RestockGoods,
        shipping.CreateShipment,
        shipping.CancelShipment,
    )
}
NEWS = {cls.type: cls for cls in order.OrderMessage.__subclasses__()}


class Neighbours:
    """The HTTP of user, cart, product and shipping, as far as orders ask it."""

    def __init__(self) -> None:
        self.carts: dict[str, dict] = {}
        self.prices: dict[str, int] = {}
        self.down: set[str] = set()
        self.url = ""

    async def start(self) -> web.AppRunner:
        """Serve on a port of its own."""
        app = web.Application(middlewares=[self._unless_down])
        app.router.add_get("/.well-known/jwks.json", self._keys)
        app.router.add_get("/internal/carts/{member}", self._cart)
        app.router.add_post("/internal/offers", self._offers)
        app.router.add_post("/internal/quotes", self._quote)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{port}"
        return runner

    @web.middleware
    async def _unless_down(self, request: web.Request, handler) -> web.StreamResponse:
        return web.Response(status=503) if request.path in self.down else await handler(request)

    async def _keys(self, _: web.Request) -> web.Response:
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
        return web.json_response({"keys": [key | {"kid": "test", "alg": "RS256", "use": "sig"}]})

    async def _cart(self, request: web.Request) -> web.Response:
        cart = self.carts.get(request.match_info["member"])
        return web.json_response(cart or {}, status=200 if cart else 404)

    async def _offers(self, request: web.Request) -> web.Response:
        skus = (await request.json())["skus"]
        return web.json_response({"offers": [self._offer(sku) for sku in skus if not sku.startswith("UNKNOWN")]})

    def _offer(self, sku: str) -> dict:
        return {
            "sku": sku,
            "product_id": str(UUID(int=sum(sku.encode()))),
            "slug": sku.lower(),
            "name_ko": f"시험 상품 {sku}",
            "name_en": f"Test product {sku}",
            "option": "빨강",
            "price": self.prices.get(sku, 11_000),
            "list_price": None,
            "currency": "KRW",
            "tax_free": sku.startswith("TAXFREE"),
            "weight_grams": 500,
            "picture": "/media/x.png",
            "available": 3 if sku.startswith("FEW") else 100,
            "purchasable": not sku.startswith("ARCHIVED"),
            "max_per_order": 10,
        }

    async def _quote(self, request: web.Request) -> web.Response:
        asked = await request.json()
        surcharge = 3_000 if asked["zip"].startswith("63") else 0
        base = 0 if asked["items_total"] >= 50_000 else 3_000
        return web.json_response(
            {
                "fee": base + surcharge,
                "base_fee": base,
                "surcharge": surcharge,
                "zone": "jeju" if surcharge else "mainland",
                "currency": "KRW",
                "free_over": 50_000,
                "free_over_missing": max(0, 50_000 - asked["items_total"]),
                "promise": {
                    "order_by": "2026-11-18T06:00:00Z",
                    "leaves_on": "2026-11-18",
                    "arrives_from": "2026-11-19",
                    "arrives_until": "2026-11-20",
                },
            }
        )


class World:
    """Product, payment and shipping on the bus: they answer commands, each as its SKU or token says."""

    def __init__(self, bus) -> None:
        self.bus = bus
        self.heard: dict[UUID, list[Message]] = defaultdict(list)
        self.silent: set[tuple[str, str]] = set()  # (tenant, type of command): no answer
        self.with_carrier: set[UUID] = set()
        self._amounts: dict[UUID, payment.AuthorisePayment] = {}
        self.captured: dict[UUID, int] = {}
        self.refunded: dict[UUID, dict[UUID, int]] = defaultdict(dict)
        self.refusing_refunds: set[UUID] = set()
        self._reserved: dict[UUID, product.ReserveStock] = {}
        self._arrival = asyncio.Event()
        self.news: dict[UUID, list[Message]] = defaultdict(list)

    async def start(self) -> None:
        """Begin to answer, and to read what orders tell the world."""
        await self.bus.consume("world", list(COMMANDS), self._on_command)
        await self.bus.consume("reader", list(NEWS), self._on_news)

    async def say(self, tenant: str, *messages: Message) -> None:
        """Publish `messages` as their services would."""
        outgoing = []
        for message in messages:
            id = new_id()
            body = encode(message, id=id, source="world", tenant=tenant, time=datetime.now(UTC), traceparent=None)
            outgoing.append(Outgoing(str(id), message.type, message.partition(), body))
        await self.bus.publish(outgoing)

    async def until_heard(self, order_id: str, cls: type[Message], times: int = 1) -> Message:
        """Return the newest message `cls` about an order once it came `times` times."""
        async with asyncio.timeout(20):
            while True:
                heard = self.heard[UUID(order_id)] + self.news[UUID(order_id)]
                found = [message for message in heard if isinstance(message, cls)]
                if len(found) >= times:
                    return found[-1]
                self._arrival.clear()
                await self._arrival.wait()

    async def _on_news(self, delivery) -> None:
        envelope = open_envelope(delivery.body)
        message = open_data(envelope, NEWS[envelope.type])
        self.news[message.order_id].append(message)
        self._arrival.set()

    async def _on_command(self, delivery) -> None:
        envelope = open_envelope(delivery.body)
        command = open_data(envelope, COMMANDS[envelope.type])
        self.heard[command.order_id].append(command)
        self._arrival.set()
        if (envelope.tenant, envelope.type) not in self.silent:
            await self.say(envelope.tenant, *self.answer(command))

    def answer(self, command: Message) -> list[Message]:
        """Return what the service that `command` is for says to it."""
        id = command.order_id
        match command:
            case product.ReserveStock():
                self._reserved[id] = command
                short = [line for line in command.lines if line.sku.startswith("SOLDOUT")]
                if short:
                    lack = [product.Shortage(sku=line.sku, asked=line.quantity, available=0) for line in short]
                    return [product.StockRefused(order_id=id, shortages=lack)]
                return [product.StockReserved(order_id=id, expires_at=command.expires_at)]
            case product.CommitStock():
                short = [line for line in self._reserved[id].lines if line.sku.startswith("LAPSED")]
                lack = [product.Shortage(sku=line.sku, asked=line.quantity, available=0) for line in short]
                return [
                    product.StockCommitFailed(order_id=id, shortages=lack)
                    if lack
                    else product.StockCommitted(order_id=id)
                ]
            case product.ReleaseStock():
                return [product.StockReleased(order_id=id)]
            case product.RestockGoods():
                return [product.GoodsRestocked(order_id=id, return_id=command.return_id)]
            case payment.RefundPayment():
                return self._refund(command)
            case payment.PaymentMessage():
                return self._pay(command)
            case payment.CancelPayment():
                return [payment.PaymentCancelled(order_id=id, refunded=self.captured.get(id, 0), currency="KRW")]
            case shipping.CreateShipment():
                return [
                    shipping.ShipmentCreated(order_id=id, shipment_id=uuid4(), carrier="sandbox", tracking_number="T-1")
                ]
            case shipping.CancelShipment():
                late = id in self.with_carrier
                return [(shipping.ShipmentCancelRefused if late else shipping.ShipmentCancelled)(order_id=id)]
        raise AssertionError(command)

    def _pay(self, command: payment.PaymentMessage) -> list[Message]:
        names = {"order_id": command.order_id, "payment_id": command.payment_id}
        if isinstance(command, payment.AuthorisePayment):
            self._amounts[command.payment_id] = command
            match command.method_token:
                case "tok_declined":
                    return [payment.PaymentDeclined(**names, reason="insufficient_funds")]
                case "tok_confirm":
                    return [payment.PaymentActionRequired(**names, url="https://pay.example/confirm")]
            if not command.capture:
                return [payment.PaymentAuthorised(**names, amount=command.amount, currency="KRW")]
        asked = self._amounts[command.payment_id]
        if asked.method_token == "tok_capture_fails":
            return [payment.PaymentCaptureFailed(**names, reason="expired")]
        self.captured[command.order_id] = asked.amount
        return [payment.PaymentCaptured(**names, amount=asked.amount, currency="KRW")]

    def _refund(self, command: payment.RefundPayment) -> list[Message]:
        names = {"order_id": command.order_id, "payment_id": command.payment_id, "refund_id": command.refund_id}
        if command.order_id in self.refusing_refunds:
            return [payment.PaymentRefundFailed(**names, reason="card_expired")]
        self.refunded[command.order_id][command.refund_id] = command.amount
        in_all = sum(self.refunded[command.order_id].values())
        return [payment.PaymentRefunded(**names, amount=command.amount, refunded_in_all=in_all, currency="KRW")]

    async def dispatch(self, tenant: str, order_id: str) -> None:
        """Let the carrier pick the parcel up."""
        self.with_carrier.add(UUID(order_id))
        names = {"order_id": UUID(order_id), "shipment_id": uuid4(), "at": datetime.now(UTC)}
        await self.say(tenant, shipping.ShipmentDispatched(**names, carrier="sandbox", tracking_number="T-1"))

    async def deliver(self, tenant: str, order_id: str) -> None:
        """Let the carrier hand the parcel over."""
        names = {"order_id": UUID(order_id), "shipment_id": uuid4(), "at": datetime.now(UTC)}
        await self.say(tenant, shipping.ShipmentDelivered(**names))
