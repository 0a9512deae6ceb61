"""Who may see which shipment, how much of it, and what a delivery costs."""

import pytest

from jangteo.contracts.shipping import ShipmentCreated
from jangteo.kit.ids import new_id


@pytest.fixture
async def shipped(order, slow_carrier):
    one = order()
    await one.ship()
    return one, f"/v1/shipments/{(await one.until(ShipmentCreated)).shipment_id}"


async def test_nobody_sees_a_shipment_of_another_member_or_another_shop(shipped, person, other_tenant):
    one, path = shipped
    assert (await person(id=one.member_id).get(path)).status_code == 200
    for stranger in (
        person(),
        person(tenant=other_tenant, id=one.member_id),
        person("shipments.manage", tenant=other_tenant),
    ):
        assert (await stranger.get(path)).json()["code"] == "shipment.not_found"
        found = await stranger.get(f"/v1/shipments?order_id={one.order_id}")
        assert found.json() == {"items": [], "next_cursor": None}
    assert (await person(guest=True).get(path)).status_code in (401, 404)
    assert (await person(guest=True).get("/v1/shipments")).status_code == 401


async def test_staff_see_a_shipment_but_no_more_of_the_person_than_they_need(shipped, person):
    _, path = shipped
    answer = await person("shipments.manage").get(path)
    assert answer.json()["recipient"] == {
        "recipient": "김*수",
        "zip": "48058",
        "address1": "부산 해운대구",
        "address2": "***",
    }
    assert "센텀로" not in answer.text


async def test_the_list_is_read_page_by_page(order, person, slow_carrier):
    member = new_id()
    orders = [order(member_id=member) for _ in range(5)]
    for one in orders:
        await one.ship()
        await one.until(ShipmentCreated)
    mine, seen, cursor = person(id=member), [], ""
    while cursor is not None:
        page = (await mine.get(f"/v1/shipments?size=2{cursor and f'&cursor={cursor}'}")).json()
        assert len(page["items"]) <= 2
        seen += [item["order_id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [str(one.order_id) for one in reversed(orders)]
    [only] = (await mine.get(f"/v1/shipments?order_id={orders[0].order_id}")).json()["items"]
    assert (only["status"], only["status_label"]) == ("created", "Ready for the carrier")
    assert (await mine.get("/v1/shipments?size=101")).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"zip": "1234", "items_total": 1}, "zip"),
        ({"zip": "12345\n", "items_total": 1}, "zip"),
        ({"zip": "04524", "items_total": -1}, "items_total"),
        ({"zip": "04524", "items_total": 1, "weight_grams": 1_000_001}, "weight_grams"),
        ({"zip": "04524", "items_total": 1, "coupon": "x"}, "coupon"),
        ({"zip": "04524"}, "items_total"),
    ],
)
async def test_a_quote_for_no_sense_names_the_field(person, body, field):
    answer = await person(guest=True).post("/v1/shipping/quotes", json=body)
    assert answer.status_code == 422
    assert field in answer.text


async def test_a_guest_may_ask_what_a_delivery_costs_and_only_services_may_ask_inside(person):
    guest = person(guest=True)
    answer = await guest.post("/v1/shipping/quotes", json={"zip": "63309", "items_total": 60_000})
    assert (answer.json()["fee"], answer.json()["zone"]) == (3_000, "jeju")
    assert (await guest.post("/internal/quotes", json={})).status_code in (401, 422)
    assert (
        await person().post("/internal/quotes", json={"zip": "1", "items_total": 1, "weight_grams": 1})
    ).status_code == 403
