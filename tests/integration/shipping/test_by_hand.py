"""Shops that send their parcels themselves: staff hand parcels over, once each, never more than was ordered."""

import asyncio

import pytest

from jangteo.contracts.shipping import (
    ShipmentCancelled,
    ShipmentCancelRefused,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)
from jangteo.kit.ids import new_id

PARCEL = {"courier": "cj", "tracking_number": "6543-2100-9876"}


@pytest.fixture
async def waiting(saga, shop_by_hand, order):
    """An order of three A-1 and one B-2 that waits for staff, and where its shipment is."""
    one = order()
    one.tenant = shop_by_hand
    await one.ship(copies=2)
    created = await one.until(ShipmentCreated)
    assert (created.carrier, created.tracking_number) == ("hand", "")
    return one, f"/v1/shipments/{created.shipment_id}"


@pytest.fixture
def staff(person, shop_by_hand):
    return person("shipments.manage", tenant=shop_by_hand)


async def test_no_carrier_is_told_and_the_order_waits(waiting, staff, database):
    one, path = waiting
    detail = (await staff.get(path)).json()
    assert (detail["status"], detail["by_hand"], detail["parcels"]) == ("created", True, [])
    assert detail["left"] == detail["lines"] == [{"sku": "A-1", "quantity": 3}, {"sku": "B-2", "quantity": 1}]
    assert await one.parcels_of_order(database) == []
    await one.ship()
    assert (await one.until(ShipmentCreated, count=2)).carrier == "hand"


async def test_the_first_parcel_sends_the_order_on_its_way_and_the_last_one_can_arrive(waiting, staff, person):
    one, path = waiting
    some = {**PARCEL, "lines": [{"sku": "A-1", "quantity": 2}]}
    answer = await staff.post(f"{path}/parcels", json=some)
    assert (answer.status_code, answer.json()["tracking_number"]) == (201, "654321009876")
    told = await one.until(ShipmentDispatched)
    assert (told.carrier, told.tracking_number) == ("cj", "654321009876")
    assert (await staff.post(f"{path}/delivery")).json()["code"] == "shipment.incomplete"
    rest = await staff.post(f"{path}/parcels", json={"courier": "epost", "tracking_number": "1234567890123"})
    assert rest.json()["lines"] == [{"sku": "A-1", "quantity": 1}, {"sku": "B-2", "quantity": 1}]
    for _ in range(2):
        assert (await staff.post(f"{path}/delivery")).json()["status"] == "delivered"
    await one.until(ShipmentDelivered)
    kinds = ["ShipmentCreated", "ShipmentDelivered", "ShipmentDispatched"]
    assert sorted(set(one.said())) == kinds
    assert one.said().count("ShipmentDispatched") == one.said().count("ShipmentDelivered") == 1
    seen = (await person(tenant=one.tenant, id=one.member_id).get(path)).json()
    assert [parcel["courier_name"] for parcel in seen["parcels"]] == ["CJ Logistics", "Korea Post"]
    assert (await staff.post(f"{path}/parcels", json={**PARCEL, "tracking_number": "1111111111"})).json()["code"] == (
        "shipment.not_to_send"
    )


async def test_twenty_twins_are_one_parcel(waiting, staff):
    one, path = waiting
    answers = await asyncio.gather(*(staff.post(f"{path}/parcels", json=PARCEL) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert len((await staff.get(path)).json()["parcels"]) == 1
    await one.until(ShipmentDispatched)
    assert one.said().count("ShipmentDispatched") == 1


async def test_parallel_parcels_never_hold_more_than_was_ordered(waiting, staff):
    _, path = waiting
    bodies = [
        {"courier": "cj", "tracking_number": f"{n:010}", "lines": [{"sku": "A-1", "quantity": 2}]} for n in range(6)
    ]
    answers = await asyncio.gather(*(staff.post(f"{path}/parcels", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 5]
    refused = next(answer.json() for answer in answers if answer.status_code == 422)
    assert (refused["code"], refused["errors"][0]["field"]) == ("parcel.quantity", "lines[0].quantity")
    assert (await staff.get(path)).json()["left"] == [{"sku": "A-1", "quantity": 1}, {"sku": "B-2", "quantity": 1}]


async def test_of_a_cancellation_and_a_parcel_exactly_one_wins(waiting, staff):
    one, path = waiting
    _, answer = await asyncio.gather(one.cancel(), staff.post(f"{path}/parcels", json=PARCEL))
    told = await one.until(ShipmentCancelled, ShipmentCancelRefused)
    assert isinstance(told, ShipmentCancelRefused) == (answer.status_code == 201)
    status = (await staff.get(path)).json()["status"]
    assert status == ("dispatched" if answer.status_code == 201 else "cancelled")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"courier": "nobody"}, "courier.unknown", "courier"),
        ({"courier": "CJ!"}, "field.bounds", "courier"),
        ({"tracking_number": "12345678901"}, "parcel.number", "tracking_number"),
        ({"tracking_number": "12345678901a"}, "parcel.number", "tracking_number"),
        ({"tracking_number": "１２３４５６７８９０"}, "parcel.number", "tracking_number"),
        ({"lines": [{"sku": "A-1", "quantity": 0}]}, "field.bounds", "lines[0].quantity"),
        ({"lines": [{"sku": "A-1", "quantity": 4}]}, "parcel.quantity", "lines[0].quantity"),
        ({"lines": [{"sku": "C-3", "quantity": 1}]}, "parcel.quantity", "lines[0].quantity"),
    ],
)
async def test_what_cannot_be_sent_is_told_by_its_field(waiting, staff, change, code, field):
    answer = await staff.post(f"{waiting[1]}/parcels", json=PARCEL | change)
    problem = answer.json()
    assert (answer.status_code, problem["errors"][0]["code"], problem["errors"][0]["field"]) == (422, code, field)


async def test_a_number_belongs_to_one_parcel_of_a_shop(waiting, staff, order):
    one, path = waiting
    assert (await staff.post(f"{path}/parcels", json=PARCEL)).status_code == 201
    other = order()
    other.tenant = one.tenant
    await other.ship()
    created = await other.until(ShipmentCreated)
    answer = await staff.post(f"/v1/shipments/{created.shipment_id}/parcels", json=PARCEL)
    assert (answer.status_code, answer.json()["code"]) == (409, "parcel.number_taken")


async def test_only_staff_of_the_shop_hand_parcels_over(waiting, person):
    one, path = waiting
    buyer = person(tenant=one.tenant, id=one.member_id)
    elsewhere = person("shipments.manage")
    for who, status in ((buyer, 403), (person(tenant=one.tenant, guest=True), 401), (elsewhere, 404)):
        for what in ("parcels", "delivery"):
            assert (await who.post(f"{path}/{what}", json=PARCEL)).status_code == status


async def test_a_shipment_that_a_carrier_deals_with_is_not_sent_by_hand(order, person, slow_carrier):
    one = order()
    await one.ship()
    path = f"/v1/shipments/{(await one.until(ShipmentCreated)).shipment_id}"
    staff = person("shipments.manage")
    assert (await staff.post(f"{path}/parcels", json=PARCEL)).json()["code"] == "shipment.not_by_hand"
    assert (await staff.get(path)).json()["parcels"][0]["courier"] == "sandbox"
    assert (await staff.post(f"/v1/shipments/{new_id()}/parcels", json=PARCEL)).status_code == 404


async def test_the_delivery_companies_are_told_in_the_callers_language(person):
    found = (await person(guest=True).get("/v1/shipping/couriers")).json()["items"]
    assert {"code": "cj", "name": "CJ Logistics", "digits": [10, 12]} in found
