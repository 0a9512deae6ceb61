"""What the shipping service keeps of a recipient who leaves: that a parcel went out, and no name and no address."""

import pytest
from forgetting import ask, leaving

from jangteo.contracts.people import ShippingPersonErased
from jangteo.contracts.retention import CONTRACT_PAYMENT
from jangteo.contracts.shipping import ShipmentCreated, ShipmentDelivered

RECIPIENT = "SELECT recipient_sealed FROM shipments WHERE order_id = $1"
KEY = "SELECT wrapped_key FROM person_keys WHERE person_id = $1"


@pytest.fixture(scope="module")
async def leavers(shipping, environment):
    async with leaving(environment["JANGTEO_BUS_URL"], ShippingPersonErased) as taking_part:
        yield taking_part


@pytest.fixture
def question(servers, shipping):
    async def answer(one, what, service="user"):
        return await ask(servers, shipping.url, one.tenant, what.format(member=one.member_id), service)

    return answer


async def value(database, one, sql, argument):
    async with database.read(one.tenant) as reader:
        return await reader.fetchval(sql, argument)


async def test_a_parcel_under_way_holds_its_recipient_who_is_forgotten_once_it_is_there(
    order, leavers, question, database, slow_carrier
):
    one = order()
    await one.ship()
    await one.until(ShipmentCreated)
    (hold,) = (await question(one, "people/{member}/holds")).json()["holds"]
    assert (hold["code"], hold["reference"]) == ("shipment.open", "20260101-ABCD")
    withdrawal = await leavers.tell(one.tenant, one.member_id)
    assert await value(database, one, RECIPIENT, one.order_id) is not None
    await slow_carrier(0.05)
    await one.until(ShipmentDelivered)
    (answer,) = await leavers.answered(withdrawal)
    assert (answer.destroyed["recipients"], answer.kept) == (1, {CONTRACT_PAYMENT: 1})


async def test_the_parcel_stays_the_recipient_is_gone_and_the_law_has_its_record(order, leavers, question, database):
    one = order()
    await one.ship()
    await one.until(ShipmentDelivered)
    (told,) = (await question(one, "people/{member}/data")).json()["data"]["shipments"]
    assert told["recipient"]["recipient"]
    first, second = await leavers.forgotten(one.tenant, one.member_id, times=2)
    assert (first.destroyed, first.kept, len(first.key_id)) == ({"recipients": 1}, {CONTRACT_PAYMENT: 1}, 32)
    assert (second.destroyed, second.kept, second.key_id, second.at) == (
        *(first.destroyed, first.kept, first.key_id, first.at),
    )
    assert await value(database, one, RECIPIENT, one.order_id) is None
    assert await value(database, one, KEY, one.member_id) is None
    (left,) = (await question(one, "people/{member}/data")).json()["data"]["shipments"]
    assert (left["recipient"], left["state"]) == (None, "delivered")
    (record,) = (await question(one, f"legal-records?purpose={CONTRACT_PAYMENT}")).json()["items"]
    assert record["content"]["recipient"] == told["recipient"]
    assert (await question(one, "legal-records?purpose=dispute")).json()["items"] == []


async def test_only_the_user_service_may_ask(order, question):
    for what in ("people/{member}/data", "people/{member}/holds", f"legal-records?purpose={CONTRACT_PAYMENT}"):
        assert (await question(order(), what, service="order")).status_code == 403
