"""The oracle that the other stories rely on notices when anything is amiss: a check that cannot fail proves nothing."""

import asyncio
import sqlite3
from contextlib import closing
from uuid import UUID

import asyncpg
import nats
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


async def delivered(buyer, product_with_stock, oracle):
    sku = await product_with_stock(1)
    order = await buyer.place_order(await buyer.tokenise(CARD), lines=[{"sku": sku, "quantity": 1}])
    await buyer.wait_for(order["order_id"], {"delivered"})
    for _ in range(100):
        if not any(order["order_id"] in fault for fault in await oracle.incomplete()):
            return order["order_id"]
        await asyncio.sleep(0.1)
    raise AssertionError(await oracle.incomplete())


@pytest.mark.parametrize(
    ("service", "spoil", "mend", "fault"),
    [
        (
            "shipping",
            "UPDATE shipments SET state = 'cancelled' WHERE order_id = $1",
            "UPDATE shipments SET state = 'delivered' WHERE order_id = $1",
            "its shipment is cancelled",
        ),
        (
            "shipping",
            "UPDATE shipments SET order_id = '00000000-0000-0000-0000-000000000001' WHERE order_id = $1",
            "UPDATE shipments SET order_id = $1 WHERE order_id = '00000000-0000-0000-0000-000000000001'",
            "0 parcels are on their way",
        ),
        (
            "shipping",
            "UPDATE shipment_lines SET quantity = quantity + 1 WHERE shipment_id ="
            " (SELECT id FROM shipments WHERE order_id = $1)",
            "UPDATE shipment_lines SET quantity = quantity - 1 WHERE shipment_id ="
            " (SELECT id FROM shipments WHERE order_id = $1)",
            "is packed",
        ),
        (
            "notification",
            "UPDATE notifications SET template = 'order.shipped' WHERE order_id = $1 AND template = 'order.paid'",
            "UPDATE notifications SET template = 'order.paid' WHERE id ="
            " (SELECT max(id::text)::uuid FROM notifications WHERE order_id = $1 AND template = 'order.shipped'"
            " AND facts::text NOT LIKE '%tracking%')",
            "told 2 times of order.shipped",
        ),
        (
            "notification",
            "UPDATE notifications SET status = 'dropped' WHERE order_id = $1 AND template = 'order.delivered'",
            "UPDATE notifications SET status = 'sent' WHERE order_id = $1 AND template = 'order.delivered'",
            "order.delivered is dropped",
        ),
    ],
)
async def test_a_thing_left_open_is_noticed(buyer, product_with_stock, mall, oracle, service, spoil, mend, fault):
    order_id = await delivered(buyer, product_with_stock, oracle)
    connection = await asyncpg.connect(mall.site.migration_url(service))
    try:
        await connection.execute(spoil, order_id)
        assert any(order_id in found and fault in found for found in await oracle.incomplete())
        await connection.execute(mend, order_id)
    finally:
        await connection.close()
    assert not any(order_id in found for found in await oracle.incomplete())


@pytest.mark.parametrize(
    ("name", "spoil", "mend", "fault"),
    [
        (
            "sandbox-carrier",
            "INSERT INTO parcels SELECT NULL, 'x', reference, status, step, sender_zip, recipient_zip,"
            " weight_grams, note, 'x', created_at, updated_at, next_at, sender, recipient FROM parcels"
            " WHERE reference = ?",
            "DELETE FROM parcels WHERE number = 'x' AND reference = ?",
            "2 parcels",
        ),
        ("mailbox", "DELETE FROM named WHERE name LIKE '<' || ? || '@%'", "", "0 mails were got"),
    ],
)
async def test_books_of_others_that_differ_are_noticed(
    buyer, product_with_stock, mall, oracle, name, spoil, mend, fault
):
    order_id = await delivered(buyer, product_with_stock, oracle)
    table, column = ("shipping", "shipments") if name == "sandbox-carrier" else ("notification", "notifications")
    row = (await oracle.rows(table, f"SELECT id FROM {column} WHERE order_id = $1 LIMIT 1", UUID(order_id)))[0]
    with closing(sqlite3.connect(next(mall.home.state(name).glob("*.sqlite3")))) as books:
        books.execute(spoil, (str(row["id"]),))
        books.commit()
        assert any(order_id in found and fault in found for found in await oracle.incomplete())
        if mend:
            books.execute(mend, (str(row["id"]),))
            books.commit()


async def test_money_that_is_still_held_is_noticed(buyer, product_with_stock, mall, oracle):
    order_id = await delivered(buyer, product_with_stock, oracle)
    payment = (await oracle.rows("payment", "SELECT id FROM payments WHERE order_id = $1", UUID(order_id)))[0]
    with closing(sqlite3.connect(next(mall.home.state("sandbox-pay").glob("*.sqlite3")))) as books:
        for status in ("authorized", "captured"):
            books.execute("UPDATE payments SET status = ? WHERE reference = ?", (status, str(payment["id"])))
            books.commit()
            noticed = any(order_id in found and "still held" in found for found in await oracle.incomplete())
            assert noticed == (status == "authorized")


async def test_a_parked_message_is_noticed(mall, oracle):
    client = await nats.connect(mall.site.bus_url)
    try:
        stream = client.jetstream()
        headers = {"Type": "test.spoilt", "Error": "Spoilt", "Reason": "on purpose"}
        stored = await stream.publish("jangteo-parked.nobody", b"{}", headers=headers)
        assert "nobody: test.spoilt, Spoilt, on purpose" in await oracle.parked()
        await stream.delete_msg("JANGTEO_PARKED", stored.seq)
        assert not any("test.spoilt" in message for message in await oracle.parked())
    finally:
        await client.close()
