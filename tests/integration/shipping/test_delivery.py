"""From a paid order to its door, and every way in which a carrier may tell of it or keep silent."""

import asyncio
import json
import time
from datetime import UTC, datetime

import pytest

from jangteo.contracts.shipping import (
    ShipmentCancelled,
    ShipmentCancelRefused,
    ShipmentCreated,
    ShipmentDelivered,
    ShipmentDispatched,
)

WHOLE = ["ShipmentCreated", "ShipmentDelivered", "ShipmentDispatched"]


async def test_a_paid_order_is_sent_and_delivered_and_each_step_is_told_once(order, person, database):
    one = order()
    await one.ship(copies=3)
    await one.ship()
    created = await one.until(ShipmentCreated)
    delivered = await one.until(ShipmentDelivered)
    dispatched = await one.until(ShipmentDispatched)
    assert (created.carrier, created.tracking_number) == (dispatched.carrier, dispatched.tracking_number)
    assert dispatched.at <= delivered.at
    assert len(await one.parcels(created.shipment_id)) == 1
    shown = (await person(id=one.member_id).get(f"/v1/shipments/{created.shipment_id}")).json()
    assert (shown["status"], shown["status_label"]) == ("delivered", "Delivered")
    assert shown["lines"] == [{"sku": "A-1", "quantity": 3}, {"sku": "B-2", "quantity": 1}]
    assert [step["code"] for step in shown["tracking"]][-1] == "delivered"
    assert shown["recipient"] == {
        "recipient": "김민수",
        "zip": "48058",
        "address1": "부산 해운대구 센텀로 99",
        "address2": "101동 202호",
    }
    async with database.read(one.tenant) as reader:
        row = await reader.fetchrow("SELECT * FROM shipments WHERE id = $1", created.shipment_id)
    assert (row["task"], row["due_at"]) == (None, None)
    assert "김민수" not in str(dict(row))
    assert set(one.said()) == set(WHOLE)
    assert one.said().count("ShipmentDispatched") == one.said().count("ShipmentDelivered") == 1


@pytest.mark.parametrize(
    "zip_code", ["99904", "99905", "99906", "99901"], ids=["disorder", "twins", "unknown", "again"]
)
async def test_notices_out_of_order_twice_or_in_unknown_words_tell_each_step_once(order, zip_code):
    one = order(zip_code)
    await one.ship()
    await one.until(ShipmentDelivered)
    await one.until(ShipmentDispatched)
    await asyncio.sleep(0.6)  # the last notices that were late on purpose
    assert one.said() == WHOLE


async def test_without_any_notice_the_carrier_is_asked(order, gate):
    one = order()
    held = gate.hold("POST", "^/v1/parcels$", "after")
    await one.ship()
    await held.arrived.wait()
    shipment_id = gate.calls[-1][2]
    gate.losing.add(shipment_id)
    held.release()
    await one.until(ShipmentDelivered)
    await one.until(ShipmentDispatched)
    assert one.said() == WHOLE


@pytest.mark.parametrize("zip_code", ["99902", "99903"], ids=["lost", "returned"])
async def test_a_parcel_that_never_arrives_is_not_called_delivered(order, person, zip_code):
    one = order(zip_code)
    await one.ship()
    dispatched = await one.until(ShipmentDispatched)
    mine, path = person(id=one.member_id), f"/v1/shipments/{dispatched.shipment_id}"
    for _ in range(300):
        status = (await mine.get(path)).json()["status"]
        if status in ("lost", "returned"):
            break
        await asyncio.sleep(0.1)
    assert status == {"99902": "lost", "99903": "returned"}[zip_code]
    await one.cancel()
    await one.until(ShipmentCancelRefused)
    assert one.said() == ["ShipmentCancelRefused", "ShipmentCreated", "ShipmentDispatched"]


async def test_an_address_without_delivery_cancels_the_shipment(order, database):
    one = order("99907")
    await one.ship()
    await one.until(ShipmentCancelled)
    assert await one.parcels_of_order(database) == []
    await one.ship()
    await one.until(ShipmentCancelled, count=2)
    assert set(one.said()) == {"ShipmentCancelled"}


async def test_an_order_that_nobody_knows_any_more_cancels_the_shipment(order, neighbours, database):
    one = order()
    neighbours.gone.add(str(one.order_id))
    await one.ship()
    await one.until(ShipmentCancelled)
    assert neighbours.asked[str(one.order_id)] > 1
    assert await one.parcels_of_order(database) == []


async def test_a_registration_that_was_made_but_not_answered_is_found_and_not_made_again(order, gate):
    one = order("99908")
    await one.ship()
    created = await one.until(ShipmentCreated)
    await one.until(ShipmentDelivered)
    assert len(await one.parcels(created.shipment_id)) == 1
    assert [method for method, _, key in gate.calls if key == str(created.shipment_id)] == ["POST"]


async def test_a_registration_that_was_not_made_is_tried_again_until_it_is_wanted_back(order, gate, database):
    one = order("99909")
    await one.ship()
    async with database.read(one.tenant) as reader:
        for _ in range(300):
            row = await reader.fetchrow("SELECT id, tries FROM shipments WHERE order_id = $1", one.order_id)
            if row and row["tries"] >= 3:
                break
            await asyncio.sleep(0.1)
    assert len([key for _, _, key in gate.calls if key == str(row["id"])]) >= 2
    await one.cancel()
    await one.until(ShipmentCancelled)
    assert one.said() == ["ShipmentCancelled"]
    assert await one.parcels_of_order(database) == []


async def test_a_carrier_that_is_down_gets_its_parcels_later(order, carrier, gate):
    gate.answering = lambda method, path: 503
    one = order()
    await one.ship()
    for _ in range(300):
        if len([call for call in gate.calls if call[0] == "POST"]) and one.said() == []:
            break
        await asyncio.sleep(0.05)
    gate.answering = lambda method, path: None
    created = await one.until(ShipmentCreated)
    assert len(await one.parcels(created.shipment_id)) == 1


@pytest.mark.parametrize("wrong", [{"secret": "other"}, {"at": time.time() - 301}, {"signature": "t=1,v1=ff"}])
async def test_a_notice_that_is_not_signed_well_or_is_old_changes_nothing(order, hook, slow_carrier, wrong):
    one = order()
    await one.ship()
    created = await one.until(ShipmentCreated)
    refused = await hook(notice(created.tracking_number, "delivered"), **wrong)
    # Told with the same code as by the payment service: whoever signs learns one answer.
    assert (refused.status_code, refused.json()["code"]) == (401, "webhook.signature_invalid")
    assert one.said() == ["ShipmentCreated"]


async def test_a_signed_notice_counts_and_its_repetition_does_not(order, hook, slow_carrier):
    one = order()
    await one.ship()
    created = await one.until(ShipmentCreated)
    for _ in range(3):
        answer = await hook(notice(created.tracking_number, "delivered"))
        assert (answer.status_code, answer.json()) == (202, {"known": True})
    await one.until(ShipmentDelivered)
    await one.until(ShipmentDispatched)
    assert one.said() == WHOLE


async def test_a_parcel_that_the_carrier_calls_back_by_itself_cancels_the_shipment(order, carrier_http, slow_carrier):
    one = order()
    await one.ship()
    created = await one.until(ShipmentCreated)
    assert (await carrier_http.delete(f"/v1/parcels/{created.tracking_number}")).status_code == 200
    await one.until(ShipmentCancelled)


async def test_a_notice_of_a_parcel_that_is_not_ours_is_taken_and_forgotten(hook):
    answer = await hook(notice("999999999999", "delivered"))
    assert (answer.status_code, answer.json()) == (202, {"known": False})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"data": {}}',
        json.dumps({"data": {"parcel": {"number": "1"}, "event": {"code": "x", "at": "2026-01-01T00:00:00"}}}).encode(),
        b'{"data": {"parcel": {"number": "1\\u0000"}, "event": {"code": "x", "at": "2026-01-01T00:00:00Z", '
        b'"place": ""}}}',
    ],
)
async def test_a_signed_notice_of_no_sense_is_refused(hook, body):
    answer = await hook(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "webhook.malformed")


async def test_a_carrier_that_nobody_knows_has_no_notices(hook):
    assert (await hook(b"{}", carrier="pigeon")).status_code == 404


def notice(number, code):
    event = {"sequence": 9, "code": code, "at": datetime(2030, 1, 1, tzinfo=UTC).isoformat(), "place": "부산"}
    return json.dumps(
        {"id": "evt", "type": f"parcel.{code}", "data": {"parcel": {"number": number}, "event": event}}
    ).encode()
