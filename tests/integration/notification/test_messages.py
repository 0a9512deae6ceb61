"""Staff see what was sent to whom, masked and on the record; secrets in a mail are their recipient's alone."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from jangteo.contracts.order import OrderPaid, OrderPlaced, OrderShipped
from jangteo.kit.ids import new_id


@pytest.fixture
async def staff(notification, neighbours, tenant):
    """Somebody of the test's shop who may read messages; `may` are other permissions."""
    clients = []

    def make(*may, tenant=tenant, language="ko"):
        token = neighbours.token(tenant, new_id(), *(may or ("messages.read",)))
        headers = {
            **{"Host": f"{tenant}.localhost", "Authorization": f"Bearer {token}"},
            "Accept-Language": language,
        }
        clients.append(httpx.AsyncClient(base_url=notification.url, headers=headers, timeout=30))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def entries(database):
    async def read(tenant):
        async with database.read(tenant) as reader:
            return await reader.fetch("SELECT * FROM audit_entries WHERE tenant = $1 ORDER BY number", tenant)

    return read


async def listed(client, query=""):
    answer = await client.get(f"/v1/messages{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def test_messages_are_listed_masked_and_the_look_is_on_the_record(member, staff, tenant, entries):
    someone = member()
    await someone.hears_of(OrderPlaced)
    await someone.ends(1)
    answer = await staff().get("/v1/messages")
    [seen] = answer.json()["items"]
    assert seen["recipient"] == {"email": f"{someone.email[:2]}***@example.test", "name": "김*수"}
    assert (seen["template"], seen["status"], seen["error"]) == ("order.placed", "sent", "")
    assert "20260301-ABCDEFGH" in seen["subject"]
    assert (seen["member_id"], seen["order_id"]) == (str(someone.id), str(someone.order_id))
    assert seen["finished_at"] >= seen["created_at"]
    assert someone.email not in answer.text
    assert "김민수" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert {"order.placed", "account.reset_password", "member.welcome"} <= set(answer.json()["templates"])
    [entry] = await entries(tenant)
    assert (entry["action"], entry["details"]) == ("messages.listed", '{"messages":1}')


async def test_the_list_is_narrowed_by_kind_state_member_and_period(member, staff):
    one, other = member(), member(email=f"refused-{new_id().hex}@example.test")
    await one.hears_of(OrderPlaced)
    await one.hears_of(OrderPaid)
    await other.hears_of(OrderPlaced)
    await one.ends(2)
    await other.ends(1)
    client = staff()
    everything = await listed(client)
    assert len(everything) == 3
    assert {item["member_id"] for item in await listed(client, "?kind=order.placed")} == {str(one.id), str(other.id)}
    [dropped] = await listed(client, "?status=dropped")
    assert (dropped["member_id"], dropped["error"] != "") == (str(other.id), True)
    assert len(await listed(client, f"?member_id={one.id}&kind=order.paid")) == 1
    now = datetime.now(UTC)
    later = (now + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    earlier = (now - timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert len(await listed(client, f"?since={earlier}&until={later}")) == 3
    assert await listed(client, f"?until={earlier}") == []
    assert await listed(client, f"?since={later}") == []
    assert len(await listed(client, "?since=0001-01-01T00:00:00Z&until=9999-12-31T00:00:00Z")) == 3


async def test_the_list_is_read_page_by_page_without_loss_or_repetition(member, staff):
    someone = member()
    for event in (OrderPlaced, OrderPaid, OrderShipped):
        await someone.hears_of(event)
    await someone.ends(3)
    client, found, cursor = staff(), [], ""
    while True:
        page = (await client.get(f"/v1/messages?size=1{cursor}")).json()
        found += [item["template"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(found) == ["order.paid", "order.placed", "order.shipped"]


async def test_a_message_is_shown_with_its_words_for_a_masked_recipient(member, staff, tenant, entries):
    someone = member()
    await someone.hears_of(OrderPaid)
    await someone.ends(1)
    client = staff()
    [seen] = await listed(client)
    answer = await client.get(f"/v1/messages/{seen['id']}")
    told = answer.json()
    assert told["message"] == seen
    assert told["subject"] == seen["subject"]
    assert "81,000원" in told["text"]
    assert told["withheld"] is False
    assert "김민수" not in answer.text
    entry = (await entries(tenant))[-1]
    assert (entry["action"], entry["subject"]) == ("message.read", f"message:{seen['id']}")
    assert str(entry["person_id"]) == str(someone.id)


async def test_a_mail_with_a_personal_link_is_withheld(member, staff, neighbours):
    someone = member()
    mail = await someone.asks_for("reset_password", link="/account/reset#token=SECRET")
    await someone.ends(1)
    asked = neighbours.asked[str(mail)]
    client = staff()
    [seen] = await listed(client)
    answer = await client.get(f"/v1/messages/{seen['id']}")
    assert (answer.json()["text"], answer.json()["withheld"]) == (None, True)
    assert answer.json()["subject"] == seen["subject"] != ""
    assert "SECRET" not in answer.text
    assert neighbours.asked[str(mail)] == asked  # the secret was not even asked for


async def test_a_message_to_somebody_who_left_names_nobody(member, staff, neighbours):
    someone = member()
    await someone.hears_of(OrderPlaced)
    await someone.ends(1)
    del neighbours.members[str(someone.id)]
    client = staff()
    [seen] = await listed(client)
    assert seen["recipient"] is None
    told = (await client.get(f"/v1/messages/{seen['id']}")).json()
    assert (told["text"], told["withheld"], told["subject"]) == (None, False, seen["subject"])


async def test_who_lacks_the_permission_sees_nothing(member, staff, tenant, entries):
    someone = member()
    await someone.hears_of(OrderPlaced)
    await someone.ends(1)
    client = staff("orders.read", "members.read", language="en")
    for path in ("/v1/messages", f"/v1/messages/{new_id()}"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "permission.missing")
    assert await entries(tenant) == []


async def test_another_shops_messages_are_not_there(member, staff, other_tenant):
    someone = member()
    await someone.hears_of(OrderPlaced)
    await someone.ends(1)
    [seen] = await listed(staff())
    stranger = staff("messages.read", tenant=other_tenant)
    assert await listed(stranger) == []
    answer = await stranger.get(f"/v1/messages/{seen['id']}")
    assert (answer.status_code, answer.json()["code"]) == (404, "message.unknown")


@pytest.mark.parametrize("query", ["since=yesterday", "since=2026-03-01T00:00:00", "status=lost", "size=0", "size=101"])
async def test_a_question_that_makes_no_sense_names_the_field(staff, query):
    answer = await staff(language="en").get(f"/v1/messages?{query}")
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


async def test_while_names_cannot_be_masked_nothing_is_shown(member, staff, neighbours):
    someone = member()
    await someone.hears_of(OrderPlaced)
    await someone.ends(1)
    neighbours.down = True
    try:
        answer = await staff().get("/v1/messages")
    finally:
        neighbours.down = False
    assert answer.status_code == 503
