"""Orders in the back office as a browser without scripts sees them: found, refunded, cancelled, sent, by who may."""

import asyncio
import secrets

import pytest
from surfing import Surfer

from jangteo.stack.buyer import PASSWORD, Buyer

CARD = "4242424242424242"


@pytest.fixture
async def surfer(mall):
    """Makes visitors of a shop."""
    made = []

    def make(tenant="", language="ko"):
        port = mall.url.rpartition(":")[2]
        made.append(Surfer(mall.url, language, host=f"{tenant}.localhost:{port}" if tenant else None))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


@pytest.fixture
def enter(surfer, mall):
    """Makes staff who are logged in, by the role that they have."""

    async def log_in(role, tenant="demo", language="ko"):
        account = next(one for one in mall.accounts() if (one["tenant"], one["role"]) == (tenant, role))
        one = surfer("" if tenant == "demo" else tenant, language)
        await one.go("/login")
        await one.fill("/login", email=account["email"], password=account["password"])
        return one

    return log_in


@pytest.fixture
def with_role(owner, surfer):
    """Makes staff of the demo shop with a role of their own."""

    async def make(mall, web, *permissions):
        name, member = f"pages-{secrets.token_hex(4)}", Buyer(mall.url, session=web)
        await owner.call("POST", "/v1/roles", {"name": name, "permissions": list(permissions)})
        await member.sign_up()
        await owner.call("PUT", f"/v1/members/{member.member['id']}/roles", {"roles": [name]})
        one = surfer()
        await one.go("/login")
        await one.fill("/login", email=member.email, password=PASSWORD)
        return one

    return make


@pytest.fixture
async def delivered(buyer, product_with_stock):
    """An order of two pieces that has arrived."""
    sku = await product_with_stock(5)
    order = await buyer.place_order(await buyer.tokenise(CARD), lines=[{"sku": sku, "quantity": 2}])
    return await buyer.wait_for(order["order_id"], {"delivered"}, seconds=60)


async def test_an_order_is_found_and_a_part_of_it_given_back(enter, buyer, delivered):
    staff = await enter("owner")
    page = await staff.go(f"/office/orders?q={delivered['order_number'].lower()}")
    path = f"/office/orders/{delivered['order_id']}"
    assert (page.h1, path in page.links) == ("주문", True)
    assert path in (await staff.go(f"/office/orders?q={buyer.email}")).links
    assert path not in (await staff.go("/office/orders?status=paid")).links
    assert (await staff.go("/office/orders?q=20200101-NOBODYS")).says("주문이 없습니다")
    page = await staff.go(path)
    assert page.h1 == delivered["order_number"]
    page = await staff.fill(f"{path}/refunds#refund", back_0="1", ticks=["restock"], refund_reason="한 개가 불량이에요")
    assert (page.status, page.path.partition("#")[0]) == (200, path), page.errors
    assert page.says("환불을 요청했습니다")
    for text in ("환불 완료", "10,000원", "한 개가 불량이에요", "최대 1"):
        assert page.says(text), text
    seen = await buyer.call("GET", f"/v1/orders/{delivered['order_id']}")
    assert (seen["refunded"], seen["refunds"][0]["reason"]) == (10_000, "한 개가 불량이에요")


async def test_what_cannot_be_refunded_keeps_what_was_typed_and_says_why(enter, delivered):
    staff, path = await enter("owner"), f"/office/orders/{delivered['order_id']}"
    await staff.go(path)
    page = await staff.fill(f"{path}/refunds#refund", mode="amount", amount="9,999,999", refund_reason="너무 많이")
    assert page.status == 422
    assert any("환불 가능 금액은" in error for error in page.errors), page.errors
    form = page.form(f"{path}/refunds#refund")
    assert (form.fields["amount"], form.fields["refund_reason"]) == ("9,999,999", "너무 많이")
    page = await staff.fill(f"{path}/refunds#refund", mode="amount", amount="많이", refund_reason="숫자가 아님")
    assert (page.status, bool(page.errors)) == (422, True)


async def test_who_sends_a_stale_form_sees_both_versions_and_can_send_it_again(enter, owner, delivered):
    staff, path = await enter("owner", language="en"), f"/office/orders/{delivered['order_id']}"
    await staff.go(path)
    other = {"amount": 700, "reason": "meanwhile"}
    await owner.call("POST", f"/v1{path.removeprefix('/office')}/refunds", other, key=secrets.token_hex(8))
    async with asyncio.timeout(20):
        while (await owner.call("GET", f"/v1/orders/{delivered['order_id']}"))["refunded"] != 700:  # noqa: ASYNC110  (nothing tells)
            await asyncio.sleep(0.1)
    page = await staff.fill(f"{path}/refunds#refund", mode="amount", amount="500", refund_reason="mine")
    assert page.status == 409
    for text in ("The order has changed meanwhile", "What you saw", "₩0", "₩700", "Money was given back"):
        assert page.says(text), (text, page.words)
    page = await staff.fill(f"{path}/refunds#refund", mode="amount")
    assert (page.status, page.says("₩1,200") or page.says("-₩1,200")) == (200, True), page.errors


async def test_the_same_form_sent_twice_is_one_refund(enter, owner, delivered):
    staff, path = await enter("owner"), f"/office/orders/{delivered['order_id']}"
    page = await staff.go(path)
    form = page.form(f"{path}/refunds#refund")
    sent = {**form.fields, "mode": "amount", "amount": "300", "refund_reason": "두 번 눌림"}
    answers = await asyncio.gather(*(staff.post(f"{path}/refunds", sent) for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {303, 409}
    shown = await owner.call("GET", f"/v1/orders/{delivered['order_id']}")
    assert [one["amount"] for one in shown["refunds"]] == [300]


async def test_staff_cancel_an_unpaid_order(enter, buyer, product_with_stock):
    order = await buyer.place_order("", lines=[{"sku": await product_with_stock(1), "quantity": 1}])
    staff, path = await enter("owner"), f"/office/orders/{order['order_id']}"
    await staff.go(path)
    page = await staff.fill(f"{path}/cancellation#cancel", cancel_reason="품질 문제")
    assert page.says("주문 취소를 시작했습니다"), page.errors
    await buyer.wait_for(order["order_id"], {"cancelled"}, seconds=30)
    assert (await staff.go(path)).says("판매자 취소")


async def test_a_shop_that_sends_by_itself_hands_parcels_over_and_notes_the_delivery(enter, buyer_of):
    member = buyer_of(tenant="other")
    await member.sign_up()
    for card in await member.products(size=24):
        variants = (await member.product(card["id"]))["variants"]
        if skus := [variant["sku"] for variant in variants if variant["available"]]:
            break
    order = await member.place_order(await member.tokenise(CARD), lines=[{"sku": skus[0], "quantity": 1}])
    async with asyncio.timeout(30):
        while (await member.call("GET", f"/v1/orders/{order['order_id']}"))["shipment"] is None:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    staff, path = await enter("owner", "other"), f"/office/orders/{order['order_id']}"
    await staff.go(path)
    page = await staff.fill(f"{path}/parcels#parcel", courier="epost", tracking_number="12345")
    assert (page.status, any("13자리" in error for error in page.errors)) == (422, True), page.errors
    number = f"{secrets.randbelow(10**13):013}"
    page = await staff.fill(f"{path}/parcels#parcel", tracking_number=number)
    assert (page.says("발송 처리했습니다"), page.says(number)) == (True, True), page.errors
    await member.wait_for(order["order_id"], {"shipped"}, seconds=30)
    page = await staff.fill(f"{path}/delivery#parcel")
    assert page.says("배송완료로 표시했습니다"), page.errors
    await member.wait_for(order["order_id"], {"delivered"}, seconds=30)


async def test_the_address_is_masked_until_a_reason_is_given(enter, delivered):
    staff, path = await enter("owner"), f"/office/orders/{delivered['order_id']}"
    page = await staff.go(path)
    assert page.says("***")
    assert (await staff.fill(f"{path}/address#where", disclosure_reason="x")).status == 422
    page = await staff.fill(f"{path}/address#where", disclosure_reason="고객이 전화로 요청")
    assert (page.status, page.says("전체 공개 중")) == (200, True), page.errors
    assert not (await staff.go(path)).says("전체 공개 중")


async def test_what_somebody_may_not_do_is_neither_shown_nor_done(mall, web, with_role, delivered):
    path = f"/office/orders/{delivered['order_id']}"
    reader = await with_role(mall, web, "orders.read")
    page = await reader.go(path)
    assert page.status == 200
    assert [form.action for form in page.forms if form.action.startswith("/office")] == []
    token = next(form.fields["form_token"] for form in page.forms if "form_token" in form.fields)
    for act in ("refunds", "cancellation", "parcels", "delivery", "address"):
        assert (await reader.post(f"{path}/{act}", {"form_token": token})).status_code == 403, act
    cook = await with_role(mall, web, "products.manage")
    assert "/office/orders" not in (await cook.go("/office")).links
    for closed in ("/office/orders", path):
        assert (await cook.go(closed)).status == 403


async def test_a_form_from_another_site_or_without_its_token_is_refused(enter, delivered):
    staff, path = await enter("owner"), f"/office/orders/{delivered['order_id']}"
    form = (await staff.go(path)).form(f"{path}/refunds#refund")
    sent = {**form.fields, "mode": "amount", "amount": "1", "refund_reason": "x"}
    assert (await staff.post(f"{path}/refunds", sent, Origin="https://evil.example")).status_code == 403
    assert (await staff.post(f"{path}/refunds", {**sent, "form_token": "x"})).status_code == 403


async def test_the_dashboard_shows_figures_charts_and_what_waits(enter, delivered):
    staff = await enter("owner")
    for days in ("", "?days=1", "?days=7", "?days=90", "?days=5"):
        page = await staff.go(f"/office{days}")
        assert (page.status, page.h1) == (200, "현황")
        for text in ("오늘 주문", "오늘 순매출", "결제 완료율", "재고가 얼마 남지 않은 상품", "표로 보기"):
            assert page.says(text), (days, text)
        assert page.text.count('<svg class="chart"') == 3
    english = await enter("owner", language="en")
    assert (await english.go("/office")).says("Net sales today")


@pytest.mark.parametrize("query", ["since=nonsense", "since=2026-13-01", "status=lost", "cursor=x", "until=0"])
async def test_nonsense_in_the_address_is_no_failure(enter, query):
    page = await (await enter("owner")).go(f"/office/orders?{query}")
    assert (page.status, page.h1) == (422, "주문")
