"""Cart, checkout, payment and orders as a browser without scripts sees them, on a whole mall."""

import asyncio
import re
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode makes no package of a folder

from shopping import CONFIRMED, GOOD, POOR, WHERE, Shopper, log_in, press, to_checkout
from surfing import Page


@pytest.fixture
async def shopper(mall, buyer):
    """Makes visitors with a browser of their own; they are one and the same member once they have logged in."""
    made = []

    async def make(language="ko", *, member=True):
        made.append(Shopper(mall.url, language))
        if member:
            await log_in(made[-1], buyer)
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


async def test_a_guest_fills_a_cart_logs_in_and_pays_on_the_providers_page(shopper, buyer, product_with_stock):
    one, sku = await shopper(member=False), await product_with_stock(5)
    page = await one.put(sku, 2)
    assert page.says("20,000원")
    assert page.says("23,000원")
    page = await press(one, "/cart", checkout="1")
    assert page.path.startswith("/login")
    page = await log_in(one, buyer, "/checkout")
    assert page.path == "/checkout"
    assert page.says("23,000원 결제하기")
    page = await one.fill("/checkout", **WHERE, note="door")
    assert page.says("23,000")
    page = await one.type_card(GOOD)
    assert page.h1 == "주문이 완료되었습니다", page.words
    assert page.path.endswith("/complete")
    page = await one.go(page.path.removesuffix("/complete"))
    assert page.says("문 앞에 놓아 주세요")
    assert page.says("주문이 접수되었습니다")
    assert (await one.go("/cart")).says("장바구니가 비어 있습니다")
    assert (await one.go("/checkout")).path == "/cart"


async def test_whoever_goes_back_after_paying_orders_nothing_again(shopper, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5)
    await to_checkout(one, sku)
    form = {**one.page.form("/checkout").fields, **WHERE}
    await one._follow(await one._send("POST", "/checkout", form))
    done = (await one.type_card(GOOD)).path
    for again in (form, {**form, "address2": "7층"}):
        await one._follow(await one._send("POST", "/checkout", again))
        assert one.page.path in (done, "/cart", "/account/orders"), one.page.path
    assert await one.count_orders() == 1


async def test_two_tabs_and_a_double_click_make_one_order(shopper, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5)
    await to_checkout(one, sku)
    form = {**one.page.form("/checkout").fields, **WHERE}
    answers = await asyncio.gather(*(one._send("POST", "/checkout", form) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {303}
    other = await one._send("POST", "/checkout", {**form, "recipient": "이장터"})
    assert other.status_code == 303
    assert await one.count_orders() == 1


async def test_a_declined_card_is_followed_by_another_for_the_same_order(shopper, product_with_stock):
    one, sku = await shopper("en"), await product_with_stock(5)
    await to_checkout(one, sku)
    await one.fill("/checkout", **WHERE)
    page = await one.type_card(POOR)
    assert page.path.endswith("/pay")
    assert page.says("There are not enough funds on the card")
    page = await one.fill(page.path)
    page = await one.type_card(GOOD)
    assert page.h1 == "Your order is complete"
    assert await one.count_orders() == 1


async def test_whoever_leaves_the_providers_page_pays_later(shopper, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5)
    await to_checkout(one, sku)
    await one.fill("/checkout", **WHERE)
    page = await one._follow(await one._send("POST", one.page.url, {"leave": "1"}))
    assert page.path.endswith("/pay")
    assert page.says("주문은 아직 남아 있습니다")
    await one.go("/checkout")
    assert one.page.path == page.path
    await one.fill(page.path)
    assert (await one.type_card(GOOD)).h1 == "주문이 완료되었습니다"


async def test_a_card_that_must_be_confirmed_leads_through_the_issuers_page(shopper, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5)
    await to_checkout(one, sku)
    await one.fill("/checkout", **WHERE)
    page = await one.type_card(CONFIRMED)
    assert "/confirm/" in page.path
    page = await one._follow(await one._send("POST", page.url, {"decision": "approve"}))
    assert urlsplit(page.url).path.endswith("/complete")
    assert page.h1 == "주문이 완료되었습니다", page.words


async def test_a_token_that_the_shop_did_not_ask_for_pays_nothing(shopper, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5)
    await to_checkout(one, sku)
    await one.fill("/checkout", **WHERE)
    await one._follow(await one._send("POST", one.page.url, {"leave": "1"}))
    path = one.page.path.removesuffix("/pay")
    page = await one.go(f"{path}/paid?proof=guessed&status=completed&token=tok_of_somebody")
    assert page.says("이 결제 요청을 확인할 수 없습니다")
    assert page.path == path


async def test_the_address_decides_the_fee_before_anybody_pays(shopper, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5, price=60_000)
    page = await to_checkout(one, sku)
    assert page.says("60,000원 결제하기")
    jeju = WHERE | {"zip": "63309", "address1": "제주특별자치도 제주시 첨단로 242"}
    page = await one.fill("/checkout", **jeju)
    assert page.status == 409
    assert page.says("63,000원 결제하기")
    assert page.says("제주 추가 배송비")
    assert page.form("/checkout").fields["address1"] == jeju["address1"]
    page = await one.fill("/checkout")
    assert "/cards/" in page.path
    assert page.says("63,000")


async def test_what_is_missing_is_told_beside_its_field_and_what_was_typed_stays(shopper, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5)
    await to_checkout(one, sku)
    page = await one.fill("/checkout", **(WHERE | {"phone": "12", "recipient": ""}))
    assert page.status == 422
    assert page.errors
    page = await one.fill("/checkout", **(WHERE | {"phone": "12"}))
    assert page.status == 422
    assert page.form("/checkout").fields["address1"] == WHERE["address1"]
    assert await one.count_orders() == 0


async def test_the_cart_tells_what_is_sold_out_and_a_stale_tab_overwrites_nothing(shopper, owner, product_with_stock):
    one, sku, other = await shopper(), await product_with_stock(5), await product_with_stock(9)
    await one.put(sku, 4)
    stale = await one.put(other, 1)
    old = stale.form("/cart").fields
    await press(one, "/cart", **{f"quantity:{other}": "3"})
    answer = Page(await one._send("POST", "/cart", {**old, f"quantity:{sku}": "1"}))
    assert answer.status == 409
    assert answer.says("최신 내용을 보여 드립니다")
    assert answer.form("/cart").fields[f"quantity:{sku}"] == "4"
    lines = [{"sku": sku, "quantity": 3}]
    await owner.place_order("", lines=lines, key=secrets.token_hex(8), wait=5)
    page = await one.go("/cart")
    assert page.says("2개만 남았습니다")
    assert (await one.go("/checkout")).path == "/cart"
    page = await press(one, "/cart", remove_unfit="1")
    assert page.form("/cart").fields[f"quantity:{sku}"] == "2"
    page = await press(one, "/cart", remove=other)
    assert f"quantity:{other}" not in page.form("/cart").fields


async def test_carts_are_merged_at_the_log_in_and_it_is_said(shopper, buyer, product_with_stock):
    first, second = await product_with_stock(5), await product_with_stock(2)
    await buyer.add_to_cart(first, 1)
    await buyer.add_to_cart(second, 1)
    one = await shopper(member=False)
    await one.put(second, 2)
    page = await log_in(one, buyer, "/cart")
    assert page.says("시험 상품: 3개 중 2개만 담았습니다"), page.words
    assert page.says("합쳤습니다")
    assert page.form("/cart").fields[f"quantity:{second}"] == "2"


async def test_an_order_is_cancelled_for_a_reason_and_bought_again(shopper, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5)
    await to_checkout(one, sku, 2)
    await one.fill("/checkout", **WHERE)
    # Not paid: a parcel of this quick mall might be out before the buyer has changed their mind.
    page = await one._follow(await one._send("POST", one.page.url, {"leave": "1"}))
    path = page.path.removesuffix("/pay")
    await one.go(path)
    page = await one.fill(f"{path}/cancellation")
    assert page.status == 422
    page = await one.fill(f"{path}/cancellation", reason="changed_mind", words="다른 색으로 살게요")
    assert page.says("취소를 접수했습니다"), page.words
    page = await one.go(path)
    assert page.says("마음이 바뀌었어요 / 다른 색으로 살게요")
    page = await one.fill(f"{path}/again")
    assert page.path == "/cart"
    # What was never paid for is still in the cart.
    assert page.form("/cart").fields[f"quantity:{sku}"] == "4"
    assert (await one.go("/account/orders?tab=cancelled")).says("시험 상품")
    assert (await one.go("/account/orders?tab=delivered")).says("주문이 없습니다")


async def test_a_thing_bought_at_once_leaves_the_cart_alone(shopper, product_with_stock):
    one, kept, sku = await shopper(), await product_with_stock(5), await product_with_stock(5)
    await one.put(kept)
    page = await one.put(sku, 2, buy_now="1")
    assert page.path.startswith("/checkout/")
    path = page.path
    await one.fill(path, **WHERE)
    assert (await one.type_card(GOOD)).h1 == "주문이 완료되었습니다"
    assert (await one.go(path)).path.endswith("/complete")
    assert f"quantity:{kept}" in (await one.go("/cart")).form("/cart").fields


async def test_nobody_sees_an_order_of_somebody_else(shopper, mall, buyer_of, product_with_stock):
    other = buyer_of()
    await other.sign_up()
    order = await other.place_order("", lines=[{"sku": await product_with_stock(1), "quantity": 1}], wait=5)
    one, guest = await shopper(), await shopper(member=False)
    for path in ("", "/pay", "/complete", "/confirmed"):
        assert (await one.go(f"/account/orders/{order['order_id']}{path}")).status == 404
        assert (await guest.go(f"/account/orders/{order['order_id']}{path}")).path.startswith("/login")
    assert (await one._send("GET", f"/live/orders/{order['order_id']}")).status_code == 404


async def test_a_page_follows_its_order_by_the_malls_events(shopper, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5)
    await to_checkout(one, sku)
    await one.fill("/checkout", **WHERE)
    path = (await one.type_card(GOOD)).path.removesuffix("/complete")
    seen = []
    async with one.http.stream("GET", path.replace("/account/", "/live/")) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        async with asyncio.timeout(30):
            async for line in events.aiter_lines():
                seen += re.findall(r'"status":"([a-z]+)"', line)
                if "delivered" in seen:
                    break
    page = await one.go(path)
    assert page.says("배송 조회")
    assert page.says("배송이 완료되었습니다")


async def test_a_buyer_sees_live_what_staff_give_back(shopper, owner, product_with_stock):
    one, sku = await shopper(), await product_with_stock(5)
    await to_checkout(one, sku)
    await one.fill("/checkout", **WHERE)
    path = (await one.type_card(GOOD)).path.removesuffix("/complete")
    order = path.rpartition("/")[2]
    async with one.http.stream("GET", f"/live/orders/{order}") as events, asyncio.timeout(30):
        lines = events.aiter_lines()
        body = {"amount": 1_000, "reason": "모서리가 긁혔어요"}
        await owner.call("POST", f"/v1/orders/{order}/refunds", body, key=secrets.token_hex(8))
        async for line in lines:
            if '"what":"refunded"' in line:
                break
    page = await one.go(path)
    assert page.says("1,000원이 환불되었습니다")
    assert page.says("모서리가 긁혔어요")
