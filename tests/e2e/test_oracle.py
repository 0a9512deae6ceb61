"""The oracle that the other stories rely on notices when anything is amiss: a check that cannot fail proves nothing."""

import asyncpg
import pytest

CARD = "4242424242424242"


@pytest.mark.parametrize(
    ("service", "spoil", "mend", "fault"),
    [
        (
            "order",
            "UPDATE order_views SET total = total + 1 WHERE order_id = $1",
            "UPDATE order_views SET total = total - 1 WHERE order_id = $1",
            "is due",
        ),
        (
            "product",
            "UPDATE stock_items SET on_hand = on_hand + 1 WHERE sku ="
            " (SELECT sku FROM reservation_lines WHERE order_id = $1)",
            "UPDATE stock_items SET on_hand = on_hand - 1 WHERE sku ="
            " (SELECT sku FROM reservation_lines WHERE order_id = $1)",
            "differs from its ledger",
        ),
        (
            "product",
            "UPDATE reservations SET state = 'released' WHERE order_id = $1",
            "UPDATE reservations SET state = 'committed' WHERE order_id = $1",
            "never committed",
        ),
        (
            "payment",
            "UPDATE payments SET order_id = '00000000-0000-0000-0000-000000000001' WHERE order_id = $1",
            "UPDATE payments SET order_id = $1 WHERE order_id = '00000000-0000-0000-0000-000000000001'",
            "is due",
        ),
    ],
)
async def test_a_spoilt_row_is_noticed(buyer, product_with_stock, mall, oracle, service, spoil, mend, fault):
    sku = await product_with_stock(1)
    order = await buyer.place_order(await buyer.tokenise(CARD), lines=[{"sku": sku, "quantity": 1}])
    await buyer.wait_for(order["order_id"], {"paid", "shipped", "delivered"})
    await oracle.settled()
    await oracle.assert_exact()
    connection = await asyncpg.connect(mall.site.migration_url(service))
    try:
        await connection.execute(spoil, order["order_id"])
        with pytest.raises(AssertionError, match=fault):
            await oracle.assert_exact()
        await connection.execute(mend, order["order_id"])
    finally:
        await connection.close()
    await oracle.assert_exact()
