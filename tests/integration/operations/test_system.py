"""Those who run the mall see what it runs on, and mend what got stuck: in their own shop only, and on the record."""

import json
import uuid
from datetime import datetime

import pytest

ROUTES = [
    ("GET", "/v1/system/services", None),
    ("GET", "/v1/system/queues", None),
    ("GET", "/v1/system/queues/operations/parked", None),
    ("POST", "/v1/system/queues/operations/replays", {}),
    ("POST", "/v1/system/queues/operations/discards", {"ids": [str(uuid.uuid4())], "reason": "known to be obsolete"}),
]


async def parked_ids(operator, queue):
    answer = await operator.call("GET", f"{queue.path}/parked")
    return [item["id"] for item in answer.json()["items"]]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
async def test_only_who_manages_the_system_may(staff, tenant, operator, entries, method, path, body):
    someone = staff(tenant, "orders.manage", "messages.read", language="en")
    refused = await someone.call(method, path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission.missing")
    assert "system.manage" in refused.json()["detail"]
    assert await entries(tenant) == []
    allowed = await operator.call(method, path, json=body)
    assert allowed.status_code == 200, allowed.text
    [entry] = await entries(tenant)
    assert entry["actor"] == f"member:{operator.id}"


async def test_services_tell_their_health_their_code_and_what_they_cost(operator):
    answer = await operator.call("GET", "/v1/system/services")
    seen = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    by_name = {item["service"]: item for item in seen["items"]}
    assert list(by_name) == sorted(by_name)
    own = by_name["operations"]
    assert own["status"] == "ok"
    [instance] = own["instances"]
    assert instance["ready"] is True
    assert instance["checks"] == {"database": "ok", "bus": "ok"}
    assert instance["version"] == "0.1.0"
    assert instance["memory_bytes"] > 10_000_000
    assert instance["cpu_seconds"] > 0
    assert datetime.fromisoformat(instance["started_at"]) < datetime.fromisoformat(seen["seen_at"])
    assert own["outbox"]["refused"] == 0
    assert (by_name["ghost"]["status"], by_name["nobody"]["status"], seen["status"]) == ("down", "down", "down")
    assert by_name["ghost"]["instances"][0]["checks"]["reached"]
    assert by_name["nobody"]["instances"] == []


async def test_queues_tell_what_is_parked_and_the_list_says_what_and_why_but_not_whose(operator, queue):
    first, second = await queue.knock("front"), await queue.knock("back")
    await queue.until(2)
    queues = (await operator.call("GET", "/v1/system/queues")).json()["items"]
    [mine] = [one for one in queues if one["group"] == queue.group]
    assert mine == {"group": queue.group, "waiting": 0, "in_hand": 0, "redelivered": 0, "parked": 2}
    answer = await operator.call("GET", f"{queue.path}/parked?size=1")
    page = answer.json()
    assert (page["group"], page["more"]) == (queue.group, True)
    whole = (await operator.call("GET", f"{queue.path}/parked")).json()
    assert whole["more"] is False
    assert {item["id"] for item in whole["items"]} == {first, second}
    [front] = [item for item in whole["items"] if item["id"] == first]
    assert (front["type"], front["key"], front["error"]) == (queue.type, "front", "LookupError")
    assert front["attempts"] == 1
    assert datetime.fromisoformat(front["sent_at"]) <= datetime.fromisoformat(front["parked_at"])
    assert "kim" not in answer.text


async def test_one_message_is_replayed_and_the_trail_says_which(operator, queue, tenant, entries):
    first, second = await queue.knock(), await queue.knock("back")
    await queue.until(2)
    queue.works = True
    answer = await operator.call("POST", f"{queue.path}/replays", json={"ids": [first]})
    assert answer.json() == {"replayed": 1, "more": True}
    await queue.handled([first])
    assert await parked_ids(operator, queue) == [second]
    again = await operator.call("POST", f"{queue.path}/replays", json={"ids": [first]})
    assert again.json() == {"replayed": 0, "more": True}
    told = [entry for entry in await entries(tenant) if entry["action"] == "parked.replayed"]
    assert [entry["subject"] for entry in told] == [f"queue:{queue.group}"] * 2
    assert json.loads(told[0]["details"]) == {"messages": [f"{queue.type} {first}"]}


async def test_all_are_replayed_at_once_and_those_that_fail_again_are_parked_again(operator, queue):
    sent = {await queue.knock() for _ in range(3)}
    await queue.until(3)
    answer = await operator.call("POST", f"{queue.path}/replays", json={})
    assert answer.json()["replayed"] == 3
    await queue.until(3)
    queue.works = True
    await operator.call("POST", f"{queue.path}/replays", json={"ids": None})
    await queue.handled(sent)
    assert await parked_ids(operator, queue) == []


async def test_who_discards_says_why_and_what_is_discarded_is_gone(operator, queue, tenant, entries):
    first, second = await queue.knock(), await queue.knock()
    await queue.until(2)
    for reason in ("", "  ", "aaaaaaaa"):
        refused = await operator.call("POST", f"{queue.path}/discards", json={"ids": [first], "reason": reason})
        assert (refused.status_code, refused.json()["code"]) == (422, "reason.invalid")
    assert (await operator.call("POST", f"{queue.path}/discards", json={"ids": [first]})).status_code == 422
    assert (
        await operator.call("POST", f"{queue.path}/discards", json={"ids": [], "reason": "why not"})
    ).status_code == 422
    assert len(await parked_ids(operator, queue)) == 2
    body = {"ids": [first], "reason": "시험용 메시지라서 버립니다"}
    answers = [await operator.call("POST", f"{queue.path}/discards", json=body) for _ in range(2)]
    assert [answer.json()["discarded"] for answer in answers] == [1, 0]
    assert await parked_ids(operator, queue) == [second]
    told = [entry for entry in await entries(tenant) if entry["action"] == "parked.discarded"]
    assert len(told) == 2
    assert json.loads(told[0]["details"]) == {"messages": [f"{queue.type} {first}"]}
    assert told[0]["reason"]
    assert "시험용" not in told[0]["reason"]


async def test_a_shop_neither_sees_nor_touches_what_is_anothers(staff, operator, queue, other_tenant):
    mine, theirs = await queue.knock(), await queue.knock(of=other_tenant)
    await queue.until(2)
    stranger = staff(other_tenant, "system.manage")
    assert await parked_ids(operator, queue) == [mine]
    assert await parked_ids(stranger, queue) == [theirs]
    replayed = await stranger.call("POST", f"{queue.path}/replays", json={"ids": [mine]})
    assert replayed.json()["replayed"] == 0
    body = {"ids": [mine], "reason": "none of my business"}
    assert (await stranger.call("POST", f"{queue.path}/discards", json=body)).json() == {"discarded": 0}
    everything = await stranger.call("POST", f"{queue.path}/replays", json={})
    assert everything.json()["replayed"] == 1
    await queue.until(2)
    assert await parked_ids(operator, queue) == [mine]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES[2:])
async def test_a_queue_that_does_not_exist_is_not_found(operator, method, path, body):
    answer = await operator.call(method, path.replace("operations", "nothing-of-the-kind"), json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "queue.unknown")
