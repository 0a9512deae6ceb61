"""The pages of an account as a browser without scripts sees them, on a whole mall: signing up, in and out, and data."""

import re
import secrets
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode makes no package of a folder

from surfing import REQUIRED, Surfer

PASSWORD = "a decent passphrase"


@pytest.fixture
async def surfer(mall):
    """Makes visitors of the shop."""
    made = []

    def make(language="ko", **more):
        made.append(Surfer(mall.url, language, **more))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


@pytest.fixture
def join(surfer):
    """Makes visitors who have become members; `email` is theirs."""

    async def make(language="ko", **typed):
        one = surfer(language)
        one.email = f"{secrets.token_hex(6)}@pages.example.test"
        await one.go("/account/sign-up")
        await sign_up(one, **typed)
        assert one.page.path == "/account/check-mail", one.page.errors
        return one

    return make


async def sign_up(one, ticks=REQUIRED, **typed):
    fields = {"email": one.email, "password": PASSWORD, "name": "김장터", **typed}
    return await one.fill("/account/sign-up", ticks=ticks, **fields)


async def log_in(one, email, password=PASSWORD):
    await one.go("/login")
    return await one.fill("/login", email=email, password=password)


async def test_nothing_is_ticked_for_a_newcomer_and_every_fault_stands_beside_its_field(surfer):
    one = surfer()
    await one.go("/account/sign-up")
    form = one.page.form("/account/sign-up")
    assert form.boxes == {*REQUIRED, "marketing_email", "marketing_sms", "marketing_push", "night_advertising"}
    assert not form.boxes & set(form.fields)
    assert len(form.fields["text"]) == 6
    one.email = "not an address"
    await sign_up(one, ticks=(), password="12345678", phone="12")
    assert one.page.status == 422
    for message in ("이메일 주소 형식이", "너무 쉽게 추측", "전화번호 형식이", "법정대리인의 동의", "필수 약관에 동의"):
        assert any(message in error for error in one.page.errors), (message, one.page.errors)
    again = one.page.form("/account/sign-up").fields
    assert (again["email"], again["name"], again["phone"]) == ("not an address", "김장터", "12")
    assert "password" not in again or again["password"] == ""


async def test_a_newcomer_is_logged_in_gets_a_mail_and_confirms_the_address(join, link_of):
    one = await join(language="en", phone="010-9876-5432")
    assert one.page.says(one.email)
    await one.go("/account")
    assert one.page.says("Your e-mail address is not confirmed yet")
    link = await link_of(one.email, "/account/verify-email")
    await one.go("/account/verify-email")
    await one.fill("/account/verify-email", token=link)
    assert one.page.path == "/account"
    assert one.page.says("Your e-mail address is confirmed.")
    await one.go("/account/verify-email")
    await one.fill("/account/verify-email", token=link.rpartition("#token=")[2])
    assert (one.page.status, bool(one.page.errors)) == (422, True)
    await one.go("/account/profile")
    assert one.page.form("/account/profile").fields["phone"] == "010-9876-5432"


async def test_the_answer_to_an_unknown_address_is_that_to_a_known_one(surfer, join):
    known = (await join()).email
    for path, action in (("/account/forgot-password", "/account/forgot-password"), ("/login", "/login")):
        seen = []
        for email in (known, f"nobody-{secrets.token_hex(4)}@pages.example.test"):
            one = surfer()
            await one.go(path)
            await one.fill(action, email=email, **({"password": "wrong password"} if path == "/login" else {}))
            seen.append((one.page.status, one.page.h1, one.page.errors))
        assert seen[0] == seen[1]


async def test_a_visitor_returns_to_the_page_that_asked_for_the_log_in_and_to_no_other_site(surfer, join):
    email = (await join()).email
    one = surfer()
    await one.go("/account/addresses")
    assert one.page.path.startswith("/login?next=")
    await one.fill("/login", email=email, password=PASSWORD)
    assert one.page.path == "/account/addresses"
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        two = surfer()
        await two.go(f"/login?next={elsewhere}")
        await two.fill("/login", email=email, password=PASSWORD)
        assert two.page.path == "/"


async def test_a_forgotten_password_is_set_by_the_mail_and_ends_all_sessions(surfer, join, link_of):
    member, one = await join(), surfer()
    await one.go("/account/forgot-password")
    await one.fill("/account/forgot-password", email=member.email)
    link = await link_of(member.email, "/account/reset-password")
    await one.go("/account/reset-password")
    await one.fill("/account/reset-password", token=link, password="short")
    assert one.page.status == 422
    await one.fill("/account/reset-password", token=link, password="another passphrase")
    assert one.page.path == "/login"
    await one.fill("/login", email=member.email, password="another passphrase")
    assert one.page.path == "/"
    await one.go("/account/security")
    assert (
        len([form for form in one.page.forms if re.fullmatch(r"/account/security/devices/.{36}/end", form.action)]) == 1
    )


async def test_a_form_from_another_site_or_without_its_token_changes_nothing(join):
    one = await join()
    token = (await one.go("/account/profile")).form("/account/profile").fields["form_token"]
    fields = {"form_token": token, "name": "남이 바꾼 이름", "version": "1", "language": "ko"}
    for headers, sent in (
        ({"Origin": "https://evil.example"}, fields),
        ({"Sec_Fetch_Site": "cross-site"}, fields),
        ({}, {**fields, "form_token": ""}),
    ):
        assert (await one.post("/account/profile", sent, **headers)).status_code == 403
    assert (await one.go("/account/profile")).form("/account/profile").fields["name"] == "김장터"


async def test_a_stale_profile_shows_both_versions_and_loses_neither(join, surfer):
    one = await join()
    two = surfer()
    await log_in(two, one.email)
    await two.go("/account/profile")
    await one.go("/account/profile")
    await one.fill("/account/profile", name="먼저 바꾼 이름")
    assert one.page.says("저장했습니다.")
    await two.fill("/account/profile", name="나중에 바꾼 이름")
    assert two.page.status == 409
    assert two.page.says("먼저 바꾼 이름")
    assert two.page.form("/account/profile").fields["name"] == "나중에 바꾼 이름"
    await two.fill("/account/profile")
    assert (two.page.status, two.page.form("/account/profile").fields["name"]) == (200, "나중에 바꾼 이름")


async def test_an_address_of_mail_changes_when_both_mails_are_confirmed(join, link_of):
    one, new = await join(), f"{secrets.token_hex(6)}@new.example.test"
    await one.go("/account/profile")
    await one.fill("/account/profile/email", new_email=new, password="not it")
    assert (one.page.status, bool(one.page.errors)) == (422, True)
    await one.fill("/account/profile/email", new_email=new, password=PASSWORD)
    assert one.page.says(new)
    for email in (one.email, new):
        link = await link_of(email, "/account/confirm-email")
        await one.go("/account/confirm-email")
        await one.fill("/account/confirm-email", token=link)
        assert one.page.path == "/account/profile"
    assert one.page.says("이메일 주소를 변경했습니다.")
    assert one.page.says(new)
