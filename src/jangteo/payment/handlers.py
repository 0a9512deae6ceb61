"""Commands in, from the order's saga."""

from collections.abc import Mapping

from jangteo.contracts.payment import AuthorisePayment, CancelPayment, CapturePayment, RefundPayment
from jangteo.kit.inbox import Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction
from jangteo.payment.commands.authorise import authorise_payment
from jangteo.payment.commands.cancel import cancel_payment
from jangteo.payment.commands.capture import capture_payment
from jangteo.payment.commands.desk import Desk
from jangteo.payment.commands.refund import refund_payment


def handlers(desk: Desk, default_currency: str) -> Mapping[type[Message], Handler]:
    """Return what is done about which message."""

    async def on_authorise(command: AuthorisePayment, tx: Transaction) -> None:
        await authorise_payment(command, tx, desk)

    async def on_capture(command: CapturePayment, tx: Transaction) -> None:
        await capture_payment(command, tx, desk)

    async def on_cancel(command: CancelPayment, tx: Transaction) -> None:
        await cancel_payment(command, tx, desk, default_currency)

    async def on_refund(command: RefundPayment, tx: Transaction) -> None:
        await refund_payment(command, tx, desk)

    return {
        AuthorisePayment: on_authorise,
        CapturePayment: on_capture,
        CancelPayment: on_cancel,
        RefundPayment: on_refund,
    }
