"""The public interface: who sees what, and what bad input is told."""

import pytest

from jangteo.kit.ids import new_id


async def test_ways_to_pay_tell_a_page_where_cards_become_tokens(person):
    answer = await person(guest=True).get("/v1/payment-methods")
    assert answer.status_code == 200
    (method,) = answer.json()["items"]
    assert (method["provider"], method["kind"], method["test_mode"]) == ("sandbox", "card", True)
    assert method["tokenise_url"] == "http://pay.example.test/v1/tokens"


async def test_a_member_sees_own_payments_and_nobody_elses(buyer, person):
    one = buyer()
    await one.pay()
    own, other, staff = person(id=one.member_id), person(), person("payments.read")
    for who, count in ((own, 1), (other, 0), (staff, 1)):
        listed = await who.get(f"/v1/payments?order_id={one.order_id}")
        assert (listed.status_code, len(listed.json()["items"])) == (200, count)
        assert (await who.get(f"/v1/payments/{one.payment_id}")).status_code == (200 if count else 404)
    detail = (await own.get(f"/v1/payments/{one.payment_id}")).json()
    assert (detail["state"], detail["captured"], detail["card_last4"]) == ("captured", 12_900, "4242")
    assert "method_token" not in detail


async def test_another_tenants_payments_do_not_exist(buyer, person, other_tenant):
    one = buyer()
    await one.pay()
    everything = ("payments.read", "payments.refund")
    foreign = person(*everything, tenant=other_tenant, id=one.member_id)
    assert (await foreign.get(f"/v1/payments?order_id={one.order_id}")).json()["items"] == []
    assert (await foreign.get(f"/v1/payments/{one.payment_id}")).status_code == 404
    assert (await foreign.get(f"/v1/payments/{one.payment_id}/ledger")).status_code == 404
    refund = await foreign.post(f"/v1/payments/{one.payment_id}/refunds", {"amount": 1, "reason": "x"}, key="k")
    assert refund.status_code == 404


@pytest.mark.parametrize(
    ("who", "status"), [({"guest": True}, 401), ({}, 403), ({"permissions": ("payments.read",)}, 403)]
)
async def test_only_staff_with_the_permission_give_money_back(buyer, person, who, status):
    one = buyer()
    await one.pay()
    caller = person(*who.pop("permissions", ()), **who)
    answer = await caller.post(f"/v1/payments/{one.payment_id}/refunds", {"amount": 1, "reason": "x"}, key="k")
    assert answer.status_code == status
    assert [payment["refunded_amount"] for payment in await one.at_processor()] == [0]


async def test_the_ledger_of_a_payment_is_for_staff_and_balances(buyer, person):
    one, staff = buyer(), person("payments.read")
    await one.pay()
    assert (await person(id=one.member_id).get(f"/v1/payments/{one.payment_id}/ledger")).status_code == 403
    items = (await staff.get(f"/v1/payments/{one.payment_id}/ledger")).json()["items"]
    assert {(item["account"], item["amount"]) for item in items} == {
        ("provider_receivable", 12_900),
        ("customer_payments", -12_900),
    }


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "x"}, "amount"),
        ({"amount": 1}, "reason"),
        ({"amount": 0, "reason": "x"}, "amount"),
        ({"amount": -1, "reason": "x"}, "amount"),
        ({"amount": 1.5, "reason": "x"}, "amount"),
        ({"amount": "1", "reason": "x"}, "amount"),
        ({"amount": 10**15, "reason": "x"}, "amount"),
        ({"amount": 99_999, "reason": "x"}, "amount"),
        ({"amount": 1, "reason": ""}, "reason"),
        ({"amount": 1, "reason": "x" * 201}, "reason"),
        ({"amount": 1, "reason": "x\0"}, "reason"),
        ({"amount": 1, "reason": "x", "currency": "USD"}, "currency"),
        ({"amount": 1, "reason": "card 4242 4242 4242 4242"}, "reason"),
    ],
)
@pytest.mark.parametrize("language", ["ko", "en"])
async def test_bad_input_is_told_with_its_field_in_the_callers_language(buyer, person, body, field, language):
    one, staff = buyer(), person("payments.refund")
    await one.pay()
    answer = await staff.http.post(
        f"/v1/payments/{one.payment_id}/refunds",
        json=body,
        headers={"Idempotency-Key": "k", "Accept-Language": language},
    )
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert answer.headers["content-language"] == language
    assert "4242 4242" not in answer.text


@pytest.mark.parametrize("path", ["/v1/payments", "/v1/payments?order_id=x", "/v1/payments?order_id="])
async def test_a_list_needs_the_id_of_an_order(person, path):
    answer = await person("payments.read").get(path)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "order_id")


async def test_a_refund_needs_an_idempotency_key(person):
    answer = await person("payments.refund").post(f"/v1/payments/{new_id()}/refunds", {"amount": 1, "reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key.missing")


async def test_what_is_no_id_is_not_found(person):
    assert (await person("payments.read").get("/v1/payments/not-an-id")).status_code == 404


PAGE = {"provider": "sandbox", "reference": "20261122-PAGE", "amount": 12_900, "return_url": "http://localhost:8080/x"}


async def test_a_member_is_given_a_page_of_the_providers_to_type_a_card_on(person, servers):
    page = PAGE | {"return_url": servers.environment("sandbox-pay")["JANGTEO_PUBLIC_URL"] + "/orders/1"}
    answer = await person().post("/v1/payment-pages", page)
    assert answer.status_code == 201
    assert set(answer.json()) == {"url", "expires_at"}
    assert "/cards/" in answer.json()["url"]
    assert (await person(guest=True).post("/v1/payment-pages", page)).status_code == 401


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"return_url": "https://evil.example/"}, "payment.return_not_allowed", "return_url"),
        ({"return_url": "javascript:alert(1)"}, "field.bounds", "return_url"),
        ({"provider": "nobody"}, "payment.provider_unknown", "provider"),
        ({"currency": "XXX"}, "payment.page_refused", "$"),
        ({"amount": 0}, "field.bounds", "amount"),
    ],
)
async def test_a_page_that_cannot_be_is_refused_by_the_name_of_its_field(person, change, code, field):
    answer = await person().post("/v1/payment-pages", PAGE | change)
    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["errors"][0]["field"]) == (code, field)
