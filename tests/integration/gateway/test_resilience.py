"""Instances that come, go, fail and hang; clients that are slow; and what is never done twice."""

import asyncio
import json

import pytest
from aiohttp import web

from jangteo.gateway.routes import ROUTES, Access, Route

IDEMPOTENCY = {"Idempotency-Key": "k-1"}


@pytest.fixture
async def upstream_of(mall):
    """Give an upstream to steer; afterwards everything is as before."""
    touched = []

    def take(service):
        touched.append(mall.upstreams[service])
        return touched[-1]

    yield take
    for upstream in touched:
        upstream.answer, upstream.ready = None, True
        if upstream._runner is None:
            await upstream.start()
        mall.files.write_instances(upstream.service, [("127.0.0.1", upstream.port)])


async def test_a_service_without_instances_is_503_that_names_it_and_says_when_to_come_again(
    mall, upstream_of, eventually
):
    upstream_of("shipping")
    mall.files.write_instances("shipping", [])

    async def gone():
        told = await mall.get("/v1/shipments", headers=mall.bearer() | {"Accept-Language": "en"})
        return told.status == 503

    await eventually(gone)
    told = await mall.get("/v1/shipments", headers=mall.bearer() | {"Accept-Language": "en"})
    assert (told.json["code"], told.json["params"]) == ("service.unavailable", {"service": "shipping"})
    assert "shipping" in told.json["detail"]
    assert told.headers["Retry-After"] == "1"
    assert (await mall.get("/v1/products")).status == 200


async def test_an_instance_that_refuses_connections_is_503_too(mall, upstream_of):
    await upstream_of("notification").stop()
    told = await mall.get("/v1/notifications", headers=mall.bearer())
    assert (told.status, told.json["code"]) == (503, "service.unavailable")


async def test_instances_are_taken_over_and_let_go_under_load_without_a_failed_request(mall, upstream_of, eventually):
    first = upstream_of("product")
    second = type(first)("product", mall.keys)
    await second.start()
    stop = asyncio.Event()
    statuses = []

    async def load():
        while not stop.is_set():
            statuses.append((await mall.get("/v1/products")).status)

    buyers = [asyncio.create_task(load()) for _ in range(4)]
    both = [("127.0.0.1", first.port), ("127.0.0.1", second.port)]
    for _ in range(3):
        mall.files.write_instances("product", both)
        second.seen.clear()

        async def second_is_asked():
            return bool(second.seen)

        await eventually(second_is_asked)
        mall.files.write_instances("product", both[1:])
        first.seen.clear()

        async def first_is_left_alone():
            first.seen.clear()
            await asyncio.sleep(0.1)
            return not first.seen

        await eventually(first_is_left_alone)
    stop.set()
    await asyncio.gather(*buyers)
    mall.files.write_instances("product", both[:1])
    await second.stop()
    assert set(statuses) == {200}


async def test_a_changed_route_table_is_taken_over_under_load_without_a_failed_request(mall, eventually):
    row = Route("cart", "GET", "/v1/wishes", Access.MEMBER)
    assert (await mall.get("/v1/wishes", headers=mall.bearer())).status == 404
    statuses = []
    stop = asyncio.Event()

    async def load():
        while not stop.is_set():
            statuses.append((await mall.get("/v1/products")).status)

    buyers = [asyncio.create_task(load()) for _ in range(4)]
    try:
        mall.files.write_routes((*ROUTES, row))

        async def status(wanted):
            return (await mall.get("/v1/wishes", headers=mall.bearer())).status == wanted

        await eventually(lambda: status(200))
        assert (await mall.get("/v1/wishes")).status == 401
    finally:
        mall.files.write_routes(ROUTES)
    await eventually(lambda: status(404))
    stop.set()
    await asyncio.gather(*buyers)
    assert set(statuses) == {200}


async def broken_off(request):
    """Cut the connection after the request was read."""
    request.transport.close()
    return web.Response()


async def unavailable(request):
    return web.json_response({"code": "database.unavailable"}, status=503)


@pytest.mark.parametrize("failing", [broken_off, unavailable])
async def test_a_get_is_tried_again_elsewhere_and_the_client_sees_nothing(mall, upstream_of, eventually, failing):
    bad = upstream_of("cart")
    good = type(bad)("cart", mall.keys)
    await good.start()
    mall.files.write_instances("cart", [("127.0.0.1", bad.port), ("127.0.0.1", good.port)])

    async def both_asked():
        assert (await mall.get("/v1/cart")).status == 200
        return bool(bad.seen and good.seen)

    try:
        await eventually(both_asked)
        bad.answer = failing
        bad.seen.clear()
        good.seen.clear()
        await eventually(both_asked)
    finally:
        await good.stop()


@pytest.mark.parametrize(("failing", "status"), [(broken_off, 503), (unavailable, 503)])
async def test_a_post_that_may_have_arrived_is_never_sent_twice(mall, upstream_of, failing, status):
    upstream = upstream_of("order")
    upstream.answer = failing
    upstream.seen.clear()
    told = await mall.call("POST", "/v1/orders", headers=mall.bearer() | IDEMPOTENCY, json={"lines": []})
    assert told.status == status
    assert len(upstream.seen) == 1


async def test_a_post_that_cannot_have_arrived_is_sent_to_the_next_instance(mall, upstream_of, eventually):
    alive = upstream_of("order")
    dead = type(alive)("order", mall.keys)
    await dead.start()
    await dead.stop()
    mall.files.write_instances("order", [("127.0.0.1", dead.port), ("127.0.0.1", alive.port)])
    tried = 0

    async def dead_was_tried():
        nonlocal tried
        tried += 1
        told = await mall.call("POST", f"/v1/orders/{tried}/payments", headers=mall.bearer(), json={})
        assert told.status == 200
        line = await mall.access_log(told.headers["x-request-id"]) if tried % 10 == 0 else {}
        return tried > 60 or line.get("attempts", 1) > 1

    await eventually(dead_was_tried, 60)


async def test_an_instance_that_is_not_ready_gets_nothing_while_another_is(mall, upstream_of, eventually):
    sick = upstream_of("payment")
    well = type(sick)("payment", mall.keys)
    await well.start()
    sick.ready = False
    mall.files.write_instances("payment", [("127.0.0.1", sick.port), ("127.0.0.1", well.port)])

    async def only_the_well_one_is_asked():
        sick.seen.clear()
        for _ in range(20):
            assert (await mall.get("/v1/payment-methods")).status == 200
        return not sick.seen

    try:
        await eventually(only_the_well_one_is_asked, 40)
    finally:
        await well.stop()


async def test_an_instance_that_keeps_breaking_off_is_left_out_for_a_while(mall, upstream_of, eventually):
    bad = upstream_of("shipping")
    good = type(bad)("shipping", mall.keys)
    await good.start()
    bad.answer = broken_off
    mall.files.write_instances("shipping", [("127.0.0.1", bad.port), ("127.0.0.1", good.port)])

    async def left_out():
        bad.seen.clear()
        statuses = [(await mall.get("/v1/shipments", headers=mall.bearer())).status for _ in range(30)]
        return not bad.seen and set(statuses) == {200}

    try:
        await eventually(left_out, 40)
    finally:
        await good.stop()


async def test_a_service_that_answers_too_slowly_is_504_and_asked_once(mall, upstream_of, eventually):
    upstream = upstream_of("user")
    release = asyncio.Event()

    async def slow(request):
        await release.wait()
        return web.Response()

    upstream.answer = slow
    hasty = [row if row.path != "/v1/members/me" else _hasty(row) for row in ROUTES]
    mall.files.write_routes(tuple(hasty))
    try:

        async def too_slow():
            upstream.seen.clear()
            try:
                async with asyncio.timeout(2):  # the first may still be under the old table
                    told = await mall.call("PATCH", "/v1/members/me", headers=mall.bearer(), json={})
            except TimeoutError:
                return False
            return (told.status, told.json["code"], len(upstream.seen)) == (504, "service.too_slow", 1)

        await eventually(too_slow)
    finally:
        release.set()
        mall.files.write_routes(ROUTES)


def _hasty(row):
    return Route(row.service, row.method, row.path, row.access, row.limit, timeout_seconds=0.3)


async def test_a_live_stream_passes_event_by_event_and_outlives_the_time_limit_of_other_routes(mall, upstream_of):
    told_first = asyncio.Event()

    async def stream(request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        await response.prepare(request)
        await response.write(b"event: status\ndata: placed\n\n")
        await told_first.wait()
        await response.write(b"event: status\ndata: paid\n\n")
        return response

    upstream_of("order").answer = stream
    url = mall.http + "/v1/orders/o-1/events"
    async with mall.session.get(url, headers=mall.bearer(), timeout=None) as response:
        assert b"placed" in await response.content.readuntil(b"\n\n")
        told_first.set()
        assert b"paid" in await response.content.readuntil(b"\n\n")
    name = "GET /v1/orders/{id}/events"
    rendered = json.loads((mall.files.directory / "rds-http.json").read_text())
    (row,) = [one for one in rendered["resources"][0]["virtual_hosts"][0]["routes"] if one["name"] == name]
    assert row["route"]["timeout"] == "0s"
