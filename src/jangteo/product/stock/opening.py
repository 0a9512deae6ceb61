"""The first stock of a SKU: taken in where its ledger is still empty, so that doing it again changes nothing."""

from collections.abc import Mapping

from jangteo.kit.postgres import Transaction
from jangteo.product.domain.stock import Reason
from jangteo.product.stock.store import Shift, lock, shift

_TAKE_IN = Shift(1, 0, 0, Reason.INCOMING)
_UNTOUCHED = """
SELECT sku FROM stock_items AS item WHERE tenant = $1 AND sku = ANY($2)
  AND NOT EXISTS (SELECT 1 FROM stock_ledger AS row WHERE row.tenant = $1 AND row.sku = item.sku)
"""


async def take_in_untouched(transaction: Transaction, stock: Mapping[str, int], reference: str) -> None:
    """Take in so many pieces of those SKUs that nothing was ever done with. Of two twins the second finds it done."""
    wanted = {sku: quantity for sku, quantity in stock.items() if quantity}
    if not wanted:
        return
    await lock(transaction, sorted(wanted))
    rows = await transaction.fetch(_UNTOUCHED, transaction.tenant, list(wanted))
    untouched = {row["sku"] for row in rows}
    quantities = {sku: quantity for sku, quantity in wanted.items() if sku in untouched}
    if quantities:
        await shift(transaction, quantities, _TAKE_IN, reference)
