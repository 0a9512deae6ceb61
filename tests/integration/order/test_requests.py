"""What may be asked, by whom, and what is answered to everything else."""

import asyncio
import secrets
from uuid import UUID, uuid4

import pytest
from order_client import ADDRESS, CARD, Client

from jangteo.contracts import payment, product

BODY = {"address": ADDRESS, "payment": CARD, "lines": [{"sku": "A-1", "quantity": 1}]}


def changed(**changes):
    return {name: value for name, value in (BODY | changes).items() if value is not ...}


def with_address(**changes):
    return changed(address={name: value for name, value in (ADDRESS | changes).items() if value is not ...})


def with_line(**line):
    return changed(lines=[{"sku": "A-1", "quantity": 1} | line])


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (changed(address=...), 422, "field.missing", "address"),
        (changed(surprise=1), 422, "field.unknown", "surprise"),
        (changed(lines=[]), 422, "field.bounds", "lines"),
        (changed(lines=...), 422, "order.one_source", "from_cart"),
        (changed(from_cart=True), 422, "order.one_source", "lines"),
        (changed(lines=..., from_cart=True), 422, "order.empty", "from_cart"),
        (with_line(quantity=0), 422, "field.bounds", "lines[0].quantity"),
        (with_line(quantity=-1), 422, "field.bounds", "lines[0].quantity"),
        (with_line(quantity=10**12), 422, "field.bounds", "lines[0].quantity"),
        (with_line(quantity="1"), 422, "field.type", "lines[0].quantity"),
        (with_line(quantity=11), 422, "order.over_limit", "lines[0].quantity"),
        (with_line(sku=""), 422, "field.bounds", "lines[0].sku"),
        (with_line(sku="UNKNOWN\u0000"), 422, "order.unknown_sku", "lines[0].sku"),
        (with_line(sku="ARCHIVED"), 409, "order.not_purchasable", "lines[0].sku"),
        (with_line(sku="FEW", quantity=4), 409, "stock.insufficient", "lines[0].quantity"),
        (with_address(zip="1234"), 422, "field.bounds", "address.zip"),
        (with_address(zip="12345\n"), 422, "field.bounds", "address.zip"),
        (with_address(phone="nobody-knows"), 422, "address.phone", "address.phone"),
        (with_address(recipient="   "), 422, "address.blank", "address.recipient"),
        (with_address(address1="x" * 201), 422, "field.bounds", "address.address1"),
        (with_address(zip=...), 422, "field.missing", "address.zip"),
        (changed(payment={"provider": "sandbox"}), 422, "field.missing", "payment.token"),
        (changed(payment=CARD | {"token": "4242 4242"}), 422, "field.bounds", "payment.token"),
        (changed(payment=CARD | {"token": "\u0000"}), 422, "field.bounds", "payment.token"),
        (changed(expected_total=1), 409, "order.total_changed", "expected_total"),
    ],
)
async def test_bad_input_is_told_by_its_field(buyer, body, status, code, field):
    answered, problem = await buyer.call("POST", "/v1/orders", body, key=secrets.token_hex(8))
    assert (answered, problem["errors"][0]["field"], problem["errors"][0]["code"]) == (status, field, code), problem
    assert (await buyer.call("GET", "/v1/orders"))[1]["items"] == []


async def test_the_new_total_is_told_to_who_expected_another(buyer):
    _, problem = await buyer.call("POST", "/v1/orders", changed(expected_total=13_999), key="k")
    assert problem["params"] == {"total": 14_000, "expected_total": 13_999}
    status, _ = await buyer.call("POST", "/v1/orders", changed(expected_total=14_000), key="k")
    assert status == 201


async def test_the_same_sku_twice_is_summed_before_it_is_checked(buyer):
    lines = [{"sku": "FEW", "quantity": 2}, {"sku": "FEW", "quantity": 2}]
    status, problem = await buyer.call("POST", "/v1/orders", changed(lines=lines), key="k")
    assert (status, problem["code"]) == (409, "stock.insufficient")


async def test_a_quote_tells_the_total_without_an_order(buyer):
    asked = {"lines": [{"sku": "A-1", "quantity": 2}, {"sku": "TAXFREE", "quantity": 1}], "zip": "63001"}
    status, quote = await buyer.call("POST", "/v1/orders/quote", asked)
    assert (status, quote["items_total"], quote["total"], quote["vat"]) == (200, 33_000, 39_000, 2_545)
    days = {"arrives_from": "2026-11-19", "arrives_until": "2026-11-20"}
    assert quote["shipping"] == {"fee": 6_000, "base_fee": 3_000, "surcharge": 3_000, "zone": "jeju", **days}
    assert (quote["free_over_missing"], quote["order_by"]) == (17_000, "2026-11-18T06:00:00Z")
    assert (await buyer.call("GET", "/v1/orders"))[1]["items"] == []


async def test_an_order_keeps_the_days_that_were_promised_and_the_note_for_the_carrier(buyer):
    _, order = await buyer.place(("A-1", 1), wait=10)
    _, shown = await buyer.call("GET", f"/v1/orders/{order['order_id']}")
    assert (shown["shipping"]["arrives_from"], shown["shipping"]["arrives_until"]) == ("2026-11-19", "2026-11-20")
    assert shown["address"]["note"] == ADDRESS["note"]


async def test_a_buyer_lists_the_orders_in_some_states_only(buyer):
    _, order = await buyer.place(("A-1", 1), wait=10)
    for states, count in (("status=paid", 1), ("status=cancelled&status=paid", 1), ("status=cancelled", 0)):
        status, listed = await buyer.call("GET", f"/v1/orders?{states}")
        assert (status, [item["order_id"] for item in listed["items"]]) == (200, [order["order_id"]] * count)
    assert (await buyer.call("GET", "/v1/orders?status=nowhere"))[0] == 422


async def test_the_reader_chooses_the_language(buyer):
    _, order = await buyer.place(("A-1", 1), wait=10)
    _, english = await buyer.call("GET", f"/v1/orders/{order['order_id']}", Accept_Language="en")
    assert (english["status_label"], english["lines"][0]["name"]) == ("Paid", "Test product A-1")
    assert english["timeline"][0]["label"] == "The order was received"
    _, problem = await buyer.call("POST", "/v1/orders", changed(lines=[]), key="k", Accept_Language="en")
    assert problem["title"] == "Invalid input"


async def test_twenty_equal_requests_are_one_order_and_get_one_answer(buyer, world):
    answers = await asyncio.gather(*(buyer.place(("A-1", 1), wait=10, key="one-key") for _ in range(20)))
    assert {status for status, _ in answers} == {201}
    assert all(answer == answers[0][1] for _, answer in answers)
    assert answers[0][1]["status"] == "paid"
    assert len((await buyer.call("GET", "/v1/orders"))[1]["items"]) == 1
    asked = world.heard[UUID(answers[0][1]["order_id"])]
    assert sum(isinstance(command, payment.AuthorisePayment) for command in asked) == 1


async def test_a_key_is_required_and_belongs_to_one_body(buyer):
    assert (await buyer.call("POST", "/v1/orders", BODY))[1]["code"] == "idempotency_key.missing"
    assert (await buyer.call("POST", "/v1/orders", BODY, key="k"))[0] == 201
    status, problem = await buyer.call("POST", "/v1/orders", with_line(quantity=2), key="k")
    assert (status, problem["code"]) == (422, "idempotency_key.reused")


async def test_a_request_that_was_refused_leaves_its_key_free(buyer):
    assert (await buyer.call("POST", "/v1/orders", with_line(sku="ARCHIVED"), key="k"))[0] == 409
    assert (await buyer.call("POST", "/v1/orders", BODY, key="k"))[0] == 201


async def test_nobody_sees_or_changes_somebody_elses_order(buyer, session, order_url):
    _, order = await buyer.place(("A-1", 1), payment=None, wait=10)
    path = f"/v1/orders/{order['order_id']}"
    stranger = Client(session, order_url, buyer.tenant)
    elsewhere = Client(session, order_url, "order-0", member=buyer.member, scope="orders.read orders.manage")
    for other in (stranger, elsewhere):
        assert (await other.call("GET", path))[0] == 404
        assert (await other.call("GET", path + "/events"))[0] == 404
        assert (await other.call("POST", path + "/cancellation", {}, key="k"))[0] == 404
        assert (await other.call("POST", path + "/payments", CARD, key="k"))[0] == 404
        assert (await other.call("GET", "/v1/orders"))[1]["items"] == []
    assert (await stranger.call("GET", f"/v1/orders?member_id={buyer.member}"))[0] == 403
    assert (await elsewhere.call("GET", f"/v1/orders?member_id={buyer.member}"))[1]["items"] == []
    assert (await buyer.order(order["order_id"]))["status"] == "reserved"


async def test_without_a_token_nothing_is_told(buyer, session):
    for method, path in (("GET", "/v1/orders"), ("POST", "/v1/orders"), ("GET", f"/v1/orders/{uuid4()}")):
        body = BODY if method == "POST" else None
        headers = {"Host": f"{buyer.tenant}.localhost"}
        async with session.request(method, buyer.url + path, json=body, headers=headers) as answer:
            assert answer.status == 401


async def test_staff_reads_with_a_mask_and_cancels_for_the_shop(buyer, session, order_url):
    _, order = await buyer.place(("A-1", 1), payment=None, wait=10)
    path = f"/v1/orders/{order['order_id']}"
    reader = Client(session, order_url, buyer.tenant, scope="orders.read")
    _, seen = await reader.call("GET", path)
    assert (seen["address"]["recipient"], seen["address"]["phone"][-4:]) == ("홍***험", "5432")
    assert ADDRESS["address2"] not in str(seen)
    assert len((await reader.call("GET", f"/v1/orders?member_id={buyer.member}"))[1]["items"]) == 1
    assert (await reader.call("POST", path + "/cancellation", {}, key="k"))[0] == 404
    manager = Client(session, order_url, buyer.tenant, scope="orders.manage")
    _, ended = await manager.call("POST", path + "/cancellation", {"reason": "단종"}, key="k", Prefer="wait=10")
    assert (ended["status"], ended["reason"]) == ("cancelled", "staff.cancelled")


async def test_orders_are_listed_in_pages_newest_first(buyer):
    placed = [(await buyer.place(("A-1", 1), ("B-1", 1), payment=None))[1]["order_id"] for _ in range(5)]
    seen, cursor = [], ""
    while True:
        _, page = await buyer.call("GET", f"/v1/orders?size=2{cursor}")
        assert len(page["items"]) <= 2
        seen += [item["order_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == placed[::-1]
    assert page["items"][0]["title"] == "시험 상품 A-1 외 1건"


@pytest.mark.parametrize("query", ["size=0", "size=51", "size=x", "cursor=nonsense", "member_id=42"])
async def test_a_bad_query_is_told(buyer, query):
    status, problem = await buyer.call("GET", f"/v1/orders?{query}")
    assert (status, problem["errors"][0]["field"]) == (422, query.split("=")[0])


async def test_an_id_that_is_none_is_not_found(buyer):
    for id in ("42", "x" * 300, str(uuid4())):
        assert (await buyer.call("GET", f"/v1/orders/{id}"))[0] == 404


async def test_other_services_get_what_is_meant_for_them(buyer, identity, session):
    _, order = await buyer.place(("A-1", 2), wait=10)
    path = f"{buyer.url}/internal/orders/{order['order_id']}"

    async def ask(service: str, suffix: str = "", tenant: str = "") -> tuple[int, dict]:
        headers = {"X-Service-Identity": identity(service).token(tenant or buyer.tenant)}
        async with session.get(path + suffix, headers=headers) as answer:
            return answer.status, await answer.json()

    status, summary = await ask("notification")
    assert (status, summary["order_number"], summary["total"]) == (200, order["order_number"], 25_000)
    assert ADDRESS["recipient"] not in str(summary)
    assert (await ask("shipping", "/delivery"))[0] == 200
    assert (await ask("notification", "/delivery"))[0] == 403
    assert (await ask("shipping", "/delivery", tenant="order-0"))[0] == 404
    assert (await buyer.call("GET", f"/internal/orders/{order['order_id']}"))[0] == 403


async def test_a_service_that_does_not_answer_places_no_order(buyer, neighbours, world):
    neighbours.down.add("/internal/offers")
    try:
        status, problem = await buyer.place(("A-1", 1))
    finally:
        neighbours.down.clear()
    assert (status, problem["code"]) == (503, "service.unavailable")
    assert (await buyer.call("GET", "/v1/orders"))[1]["items"] == []
    assert (await buyer.place(("A-1", 1), wait=10))[1]["status"] == "paid"


async def test_waiting_ends_with_the_time_that_was_given(buyer, world):
    world.silent.add((buyer.tenant, product.ReserveStock.type))
    status, order = await buyer.place(("A-1", 1), wait=1)
    assert (status, order["status"]) == (201, "placed")
