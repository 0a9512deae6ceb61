"""Parcels move by themselves and tell of it, and each documented zip code does what docs/sandbox.md says."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

DELIVERED = ["accepted", "picked_up", "in_transit", "in_transit", "in_transit", "out_for_delivery", "delivered"]


def told(receiver: Any, number: str) -> list[str]:
    return [hook.event["data"]["event"]["code"] for hook in receiver.hooks if number.encode() in hook.body]


async def test_a_parcel_is_delivered_and_each_step_is_told_once_in_order(merchant: Any, receiver: Any) -> None:
    status, parcel = await merchant.send("shipment-1")
    assert (status, parcel["status"]) == (201, "accepted")
    assert len(parcel["number"]) == 12
    assert int(parcel["number"][:11]) % 7 == int(parcel["number"][11])
    hooks = await receiver.wait_for(len(DELIVERED), parcel["number"])
    assert all(hook.is_genuine for hook in hooks)
    assert [hook.event["type"] for hook in hooks] == [f"parcel.{code}" for code in DELIVERED]
    assert await merchant.codes(parcel["number"]) == DELIVERED
    _, shown = await merchant.call("GET", f"/v1/parcels/{parcel['number']}")
    assert shown["status"] == "delivered"
    assert "김민수" not in json.dumps([hook.event for hook in hooks], ensure_ascii=False)


@pytest.mark.parametrize(
    ("zip_code", "ending"),
    [
        ("99901", ["out_for_delivery", "attempt_failed", "out_for_delivery", "delivered"]),
        ("99902", ["in_transit", "lost"]),
        ("99903", ["out_for_delivery", "attempt_failed", "returning", "returned"]),
        ("99906", ["held_at_depot", "out_for_delivery", "delivered"]),
    ],
)
async def test_what_goes_wrong_on_the_way_is_told(
    merchant: Any, receiver: Any, until: Any, zip_code: str, ending: list[str]
) -> None:
    _, parcel = await merchant.send("shipment-2", zip_code)
    codes = await until(lambda: merchant.codes(parcel["number"]), lambda codes: codes[-1] == ending[-1])
    assert codes[-len(ending) :] == ending
    await receiver.wait_for(len(codes), parcel["number"])
    assert told(receiver, parcel["number"]) == codes


async def test_webhooks_that_come_out_of_order_carry_the_true_order(merchant: Any, receiver: Any, until: Any) -> None:
    _, parcel = await merchant.send("shipment-3", "99904")
    codes = await until(lambda: merchant.codes(parcel["number"]), lambda codes: codes[-1] == "delivered")
    hooks = await receiver.wait_for(len(codes), parcel["number"])
    events = [hook.event["data"]["event"] for hook in hooks]
    assert [event["sequence"] for event in events] != sorted(event["sequence"] for event in events)
    in_order = sorted(events, key=lambda event: event["sequence"])
    assert [event["code"] for event in in_order] == codes
    assert [event["at"] for event in in_order] == sorted(event["at"] for event in events)


async def test_duplicates_repeat_one_id_and_add_another(merchant: Any, receiver: Any) -> None:
    _, parcel = await merchant.send("shipment-4", "99905")
    first = await receiver.wait_for(3, parcel["number"])
    ids = [hook.event["id"] for hook in first[:3]]
    assert ids[0] == ids[1] != ids[2]
    assert {hook.event["type"] for hook in first[:3]} == {"parcel.accepted"}


async def test_an_undeliverable_address_is_refused_and_nothing_is_made(merchant: Any) -> None:
    status, refused = await merchant.send("shipment-5", "99907")
    assert (status, refused["code"], refused["errors"][0]["field"]) == (422, "address_undeliverable", "recipient.zip")
    assert await merchant.found("shipment-5") == []


@pytest.mark.parametrize("timeout_delay", [3.0])  # so long that it is found before, also on a busy machine
async def test_a_time_out_that_was_made_is_found_by_its_reference(merchant: Any, until: Any) -> None:
    call = asyncio.create_task(merchant.send("shipment-6", "99908"))
    found = await until(lambda: merchant.found("shipment-6"))
    assert not call.done()
    assert (await call)[1]["number"] == found[0]["number"]


async def test_a_time_out_that_was_not_made_leaves_nothing(merchant: Any) -> None:
    status, answer = await merchant.send("shipment-7", "99909")
    assert (status, answer["code"]) == (504, "provider_timeout")
    assert await merchant.found("shipment-7") == []


async def test_a_parcel_can_be_called_back_until_it_is_picked_up(merchant: Any, receiver: Any, until: Any) -> None:
    assert (await merchant.call("POST", "/v1/speed", {"seconds_per_leg": 3600}))[0] == 200
    _, waiting = await merchant.send("shipment-8")
    path = f"/v1/parcels/{waiting['number']}"
    assert (await merchant.call("DELETE", path))[1]["status"] == "voided"
    assert (await merchant.call("DELETE", path))[1]["status"] == "voided"
    await receiver.wait_for(2, waiting["number"])
    assert sorted(told(receiver, waiting["number"])) == ["accepted", "voided"]
    _, moving = await merchant.send("shipment-9")
    await merchant.call("POST", "/v1/speed", {"seconds_per_leg": 0.05})
    await until(lambda: merchant.codes(moving["number"]), lambda codes: codes[-1] != "accepted")
    status, refused = await merchant.call("DELETE", f"/v1/parcels/{moving['number']}")
    assert (status, refused["code"]) == (409, "already_picked_up")
    assert (await merchant.codes(waiting["number"])) == ["accepted", "voided"]


async def test_twenty_equal_calls_at_once_make_one_parcel_and_no_number_is_given_twice(merchant: Any) -> None:
    answers = await asyncio.gather(*(merchant.send("shipment-10", key="same") for _ in range(20)))
    assert len({parcel["number"] for status, parcel in answers if status == 201}) == 1
    assert len(await merchant.found("shipment-10")) == 1
    others = await asyncio.gather(*(merchant.send(f"other-{number}") for number in range(20)))
    assert len({parcel["number"] for _, parcel in others}) == 20


async def test_a_label_masks_the_people_and_escapes_what_they_wrote(merchant: Any, http: aiohttp.ClientSession) -> None:
    _, parcel = await merchant.send("shipment-11", note="<script>문 앞</script>")
    async with http.get(parcel["label_url"]) as page:
        text = await page.text()
        assert page.status == 200
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "김*수" in text
    assert "김민수" not in text
    assert "+** **-****-5678" in text
    assert "&lt;script&gt;" in text
    async with http.get(parcel["label_url"] + "x") as unknown:
        assert unknown.status == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"weight_grams": 0}, "weight_grams"),
        ({"note": "x" * 501}, "note"),
        ({"recipient": {}}, "recipient.name"),
        ({"sender": None}, "sender"),
        ({"surprise": 1}, "surprise"),
    ],
)
async def test_a_wrong_parcel_is_refused_by_the_name_of_its_field(merchant: Any, change: Any, field: str) -> None:
    status, refused = await merchant.send("wrong", **change)
    assert (status, [error["field"] for error in refused["errors"]]) == (422, [field])


async def test_nobody_comes_in_without_the_secret_key(merchant: Any, http: aiohttp.ClientSession) -> None:
    for method, path in (("GET", "/v1/parcels"), ("POST", "/v1/parcels"), ("POST", "/v1/speed")):
        async with http.request(method, merchant.url + path, json={}) as response:
            assert response.status == 401
