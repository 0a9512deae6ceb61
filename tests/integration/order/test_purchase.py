"""The purchase story, from the order to the parcel on the door mat, and every way in which it ends early."""


async def test_an_order_goes_from_received_to_delivered(buyer, world, tenant):
    status, order = await buyer.place(("A-1", 2), wait=10)
    assert (status, order["status"], order["status_label"]) == (201, "paid", "결제완료")
    assert (order["items_total"], order["shipping"]["fee"], order["total"]) == (22_000, 3_000, 25_000)
