"""The pages on how one logs in, what one agreed to, a copy of one's data and leaving, as a browser without scripts."""

import asyncio
import base64
import json
import re
import secrets
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode makes no package of a folder

from surfing import REQUIRED, Surfer

from jangteo.stack.buyer import PASSWORD as BUYERS_PASSWORD

PASSWORD = "a decent passphrase"
FACTOR, CONSENTS, BOOK = "/account/security/second-factor", "/account/consents", "/account/addresses"
HOME = {
    "recipient": "김장터",
    "phone": "010-1234-5678",
    "zip": "04524",
    "address1": "서울특별시 중구 세종대로 110",
    "label": "집",
}


@pytest.fixture
async def member(mall):
    """A visitor who has just become a member."""
    one = await joined(mall.url)
    yield one
    await one.http.aclose()


async def joined(url, language="ko"):
    one = Surfer(url, language)
    one.email = f"{secrets.token_hex(6)}@pages.example.test"
    await one.go("/account/sign-up")
    await one.fill("/account/sign-up", ticks=REQUIRED, email=one.email, password=PASSWORD, name="김장터")
    assert one.page.path == "/account/check-mail", one.page.errors
    return one


async def log_in(one, email, password=PASSWORD):
    await one.go("/login")
    return await one.fill("/login", email=email, password=password)


def code_of(secret):
    """Return what an authenticator app shows now."""
    return TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(int(time.time())).decode()


def buttons(page, pattern):
    return [form.action for form in page.forms if re.fullmatch(pattern, form.action)]


async def test_an_address_is_typed_mended_made_the_default_and_deleted(member):
    await member.go(BOOK)
    assert member.page.says("저장한 배송지가 없습니다")
    await member.go(f"{BOOK}/new")
    await member.fill(f"{BOOK}/new", **{**HOME, "zip": "4524", "phone": "1"})
    assert (member.page.status, len(member.page.errors)) == (422, 3)
    assert member.page.form(f"{BOOK}/new").fields["address1"] == HOME["address1"]
    await member.fill(f"{BOOK}/new", zip=HOME["zip"], phone=HOME["phone"])
    await member.go(f"{BOOK}/new")
    await member.fill(f"{BOOK}/new", **{**HOME, "label": "회사", "address1": "서울특별시 중구 을지로 1"})
    assert (member.page.path, member.page.text.count(">기본<")) == (BOOK, 1)
    [second] = buttons(member.page, f"{BOOK}/.+/default")
    await member.fill(second)
    [first] = buttons(member.page, f"{BOOK}/.+/default")
    assert first != second
    await member.go(second.removesuffix("/default"))
    assert member.page.form(member.page.path).fields["phone"] == "010-1234-5678"
    await member.fill(member.page.path, address2="3층")
    assert member.page.says("을지로 1, 3층")
    for action in buttons(member.page, f"{BOOK}/.+/remove"):
        await member.fill(action)
    assert member.page.says("저장한 배송지가 없습니다")


async def test_another_members_address_is_not_there(member, mall):
    await member.go(f"{BOOK}/new")
    await member.fill(f"{BOOK}/new", **HOME)
    [action] = buttons(member.page, f"{BOOK}/.+/remove")
    other = await joined(mall.url)
    assert (await other.go(action.removesuffix("/remove"))).status == 404
    await other.http.aclose()
    await member.go(BOOK)
    assert member.page.says(HOME["address1"])


async def test_a_password_changes_here_and_a_device_is_logged_out(member, mall):
    two = Surfer(mall.url)
    await log_in(two, member.email)
    await member.go("/account/security")
    assert len(buttons(member.page, "/account/security/devices/.{36}/end")) == 2
    await member.fill("/account/security/password", current_password="wrong", new_password="a new passphrase")
    assert (member.page.status, bool(member.page.errors)) == (422, True)
    await member.fill("/account/security/password", current_password=PASSWORD, new_password="a new passphrase")
    assert member.page.says("비밀번호를 바꾸고 다른 기기에서 로그아웃했습니다.")
    [here] = buttons(member.page, "/account/security/devices/.{36}/end")
    await member.fill(here)
    assert member.page.path == "/login"
    await log_in(member, member.email, "a new passphrase")
    await member.go("/account/security")
    await member.fill("/account/security/devices/end")
    assert member.page.path == "/login"
    assert (await member.go("/account")).path == "/login?next=%2Faccount"
    await two.http.aclose()


async def test_a_second_factor_is_set_up_by_a_qr_code_asked_for_and_turned_off(member):
    await member.go(FACTOR)
    await member.fill(FACTOR, password=PASSWORD)
    assert "<svg viewBox" in member.page.text
    secret = re.sub(r"\s", "", re.search(r'<code class="secret">(.*?)</code>', member.page.text)[1])
    await member.fill(f"{FACTOR}/scan", code="000000")
    assert member.page.status == 422
    assert secret in re.sub(r"\s", "", member.page.text)
    await member.fill(f"{FACTOR}/scan", code=code_of(secret))
    codes = re.findall(r"<li><code>([^<]+)</code></li>", member.page.text)
    assert len(codes) >= 8
    assert (await member.go(f"{FACTOR}/scan")).path == FACTOR
    await member.fill("/logout")
    await log_in(member, member.email)
    assert member.page.path == "/login/second-factor"
    assert (await member.go("/account")).path.startswith("/login?")
    await member.go("/login/second-factor")
    await member.fill("/login/second-factor", code="000000")
    assert member.page.status == 422
    await member.fill("/login/second-factor", code=codes[0])
    assert member.page.path == "/"
    await member.go(FACTOR)
    await member.fill(f"{FACTOR}/remove", password=PASSWORD, code=codes[0])
    assert member.page.status == 422  # each is good for one use
    await member.fill(f"{FACTOR}/remove", password=PASSWORD, code=codes[1])
    assert member.page.says("2단계 인증을 껐습니다.")


async def test_a_consent_is_given_and_taken_back_by_one_click_each_and_the_date_is_told(member):
    await member.go(CONSENTS)
    action = f"{CONSENTS}/marketing_sms"
    assert member.page.form(action).fields["granted"] == "yes"
    await member.fill(action)
    assert member.page.says("문자 광고 수신: 동의하셨습니다.")
    assert member.page.form(action).fields["granted"] == "no"
    await member.fill(action)
    assert member.page.says("문자 광고 수신: 철회하셨습니다.")
    # What is required ends with the membership only: there is no button for it.
    assert buttons(member.page, f"{CONSENTS}/(terms|privacy)") == []


async def test_a_copy_of_all_data_shows_how_far_it_is_and_can_be_downloaded(member):
    await member.go("/account/export")
    await member.fill("/account/export")
    for _ in range(100):
        ready = [link for link in member.page.links if re.fullmatch(r"/account/export/.{36}", link)]
        if ready:
            break
        assert member.page.says("6곳 중")
        await asyncio.sleep(0.1)
        await member.go("/account/export")
    answer = await member.http.get(ready[0])
    assert answer.headers["content-disposition"].startswith("attachment")
    assert json.loads(answer.content)["documents"]["user"]["profile"]["email"] == member.email


async def test_leaving_needs_password_and_consent_and_then_nobody_is_there_any_more(member):
    await member.go("/account/withdrawal")
    await member.fill("/account/withdrawal", password=PASSWORD)
    assert (member.page.status, member.page.errors != []) == (422, True)
    await member.fill("/account/withdrawal", ticks=["confirmed"], password="wrong")
    assert member.page.status == 422
    await member.fill("/account/withdrawal", ticks=["confirmed"], password=PASSWORD)
    assert (member.page.path, member.page.says("탈퇴가 처리되었습니다.")) == ("/", True)
    await log_in(member, member.email)
    assert member.page.status == 422


async def test_who_has_an_order_under_way_is_told_why_leaving_waits_and_may_stay(mall, buyer, product_with_stock):
    sku = await product_with_stock(1)
    token = await buyer.tokenise("4242424242424242")
    await buyer.place_order(token, lines=[{"sku": sku, "quantity": 1}])
    one = Surfer(mall.url)
    await log_in(one, buyer.email, BUYERS_PASSWORD)
    assert one.page.path == "/", one.page.errors
    await one.go("/account/withdrawal")
    await one.fill("/account/withdrawal", ticks=["confirmed"], password=BUYERS_PASSWORD)
    assert (one.page.status, one.page.says("아직 처리 중인 건이 있습니다.")) == (409, True)
    await one.fill("/account/withdrawal", ticks=["confirmed", "when_settled"], password=BUYERS_PASSWORD)
    assert one.page.h1 == "탈퇴가 예약되었습니다"
    await one.fill("/account/withdrawal/call-off")
    assert one.page.says("탈퇴를 취소했습니다.")
    await one.http.aclose()


async def visit_provider(one, person, provider="google"):
    """Go to the provider, agree as `person`, and come back."""
    url = next(link for link in one.page.links if link.startswith("http://127.0.0.1"))
    assert one.page.headers["refresh"] == f"0; url={url}"
    provider_url, sub = urlsplit(url)._replace(path="", query="").geturl(), person["sub"]
    told = {name: value for name, value in person.items() if name != "sub"}
    await one.http.put(f"{provider_url}/people/{sub}", json=told)
    answer = await one.http.get(f"{url}&login_as={sub}")
    said = parse_qs(urlsplit(answer.headers["location"]).query)
    return await one.go(f"/account/by/{provider}/return?code={said['code'][0]}&state={said['state'][0]}")


async def test_a_newcomer_joins_by_a_provider_links_another_and_logs_in_by_it(mall):
    sub = secrets.token_hex(8)
    person = {"sub": sub, "email": f"{sub}@example.test", "email_verified": True, "name": "나길동"}
    one = Surfer(mall.https_url, host="shop.example")
    await one.go("/login?next=/account/consents")
    await one.fill("/account/by/google")
    await visit_provider(one, person)
    assert one.page.path == "/account/by/google/finish", one.page.errors
    await one.fill("/account/by/google/finish")
    assert (one.page.status, len(one.page.errors)) == (422, 4)
    await one.fill("/account/by/google/finish", ticks=REQUIRED)
    assert one.page.path == "/account/consents"
    assert one.page.form(f"{CONSENTS}/marketing_email").fields["granted"] == "yes"
    await one.go("/account/security")
    assert one.page.says("비밀번호가 없습니다.")
    await one.fill("/account/by/kakao")
    await visit_provider(one, {**person, "sub": f"{sub}k"}, "kakao")
    assert one.page.says("카카오 계정을 연결했습니다.")
    await one.fill("/logout")
    await one.go("/login")
    await one.fill("/account/by/kakao")
    await visit_provider(one, {**person, "sub": f"{sub}k"}, "kakao")
    assert (one.page.path, (await one.go("/account/profile")).form("/account/profile").fields["name"]) == (
        "/",
        "나길동",
    )
    await one.go("/account/security")
    await one.fill("/account/security/providers/kakao/remove")
    await one.fill("/account/security/providers/google/remove")
    assert one.page.says("마지막 로그인 방법은 해제할 수 없습니다.")
    await one.http.aclose()


async def test_an_answer_of_a_provider_that_belongs_to_no_visit_lets_nobody_in(mall):
    one = Surfer(mall.https_url, host="shop.example")
    await one.go("/account/by/google/return?code=abc&state=def")
    assert one.page.path == "/login"
    await one.fill("/account/by/google")
    await one.go("/account/by/google/return?code=abc&state=def")
    assert (one.page.path, bool(one.page.errors)) == ("/login", True)
    await one.go("/account")
    assert one.page.path.startswith("/login?")
    await one.http.aclose()
