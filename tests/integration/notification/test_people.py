"""Whatever a member was told is deleted when they leave, and nobody else's."""

import pytest
from forgetting import ask, leaving

from jangteo.contracts.order import OrderPaid, OrderPlaced
from jangteo.contracts.people import NotificationPersonErased


@pytest.fixture(scope="module")
async def leavers(notification, environment):
    async with leaving(environment["JANGTEO_BUS_URL"], NotificationPersonErased) as taking_part:
        yield taking_part


@pytest.fixture
def question(servers, notification):
    async def answer(one, what, service="user"):
        return await ask(servers, notification.url, one.tenant, what.format(member=one.id), service)

    return answer


async def test_all_notices_of_a_member_are_shown_then_deleted_and_nobody_elses(member, leavers, question):
    one, other = member(), member()
    for someone in (one, other):
        await someone.hears_of(OrderPlaced)
        await someone.hears_of(OrderPaid)
        await someone.ends(2)
    told = (await question(one, "people/{member}/data")).json()["data"]["notifications"]
    assert {entry["template"] for entry in told} == {"order.placed", "order.paid"}
    assert (await question(one, "people/{member}/holds")).json() == {"holds": [], "keeps": []}
    first, second = await leavers.forgotten(one.tenant, one.id, times=2)
    assert (first.destroyed, first.kept, first.key_id) == ({"notifications": 2}, {}, "")
    assert (second.destroyed, second.at) == (first.destroyed, first.at)
    assert (await question(one, "people/{member}/data")).json()["data"]["notifications"] == []
    assert len((await question(other, "people/{member}/data")).json()["data"]["notifications"]) == 2


async def test_only_the_user_service_may_ask(member, question):
    for what in ("people/{member}/data", "people/{member}/holds", "legal-records?purpose=dispute"):
        assert (await question(member(), what, service="order")).status_code == 403
        assert (await question(member(), what)).status_code == 200
