"""Commands in: each calls the use case of its name."""

from collections.abc import Callable, Mapping

from jangteo.contracts.shipping import CancelShipment, CreateShipment
from jangteo.kit.inbox import AtOnce, Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction
from jangteo.shipping import commands
from jangteo.shipping.by_hand import create_by_hand


def handlers(
    carrier: str, desk: commands.Taker, ships_by_hand: Callable[[str], bool]
) -> Mapping[type[Message], Handler]:
    """Return the handler of each command; new shipments go with `carrier`, and `desk` does what is to be done.

    Those of shops that ship by hand wait for staff.
    """

    async def on_create_shipment(command: CreateShipment, transaction: Transaction) -> None:
        if ships_by_hand(transaction.tenant):
            await create_by_hand(transaction, command)
        else:
            await commands.create_shipment(transaction, command, carrier, desk)

    async def on_cancel_shipment(command: CancelShipment, transaction: Transaction) -> None:
        await commands.cancel_shipment(transaction, command, carrier, desk.wake)

    return {CreateShipment: AtOnce(on_create_shipment), CancelShipment: on_cancel_shipment}
