"""Commands from the order saga, each in the transaction of its inbox row."""

from jangteo.contracts.product import CommitStock, ReleaseStock, ReserveStock, RestockGoods
from jangteo.kit.inbox import Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Transaction
from jangteo.product.stock import commands


async def on_reserve_stock(message: ReserveStock, transaction: Transaction) -> None:
    """Hold what an order asks for."""
    await commands.reserve(transaction, message.order_id, message.lines, message.expires_at)


async def on_commit_stock(message: CommitStock, transaction: Transaction) -> None:
    """Sell what an order holds."""
    await commands.commit(transaction, message.order_id)


async def on_release_stock(message: ReleaseStock, transaction: Transaction) -> None:
    """Give back what an order holds or has bought."""
    await commands.release(transaction, message.order_id)


async def on_restock_goods(message: RestockGoods, transaction: Transaction) -> None:
    """Take back a part of what an order has bought."""
    await commands.restock(transaction, message.order_id, message.return_id, message.lines)


HANDLERS: dict[type[Message], Handler] = {
    ReserveStock: on_reserve_stock,
    CommitStock: on_commit_stock,
    ReleaseStock: on_release_stock,
    RestockGoods: on_restock_goods,
}
