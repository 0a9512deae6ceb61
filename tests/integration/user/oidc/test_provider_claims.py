"""What providers say of a person: at the place where each says it, and believed only as far as each says it."""

import asyncio

import pytest

from jangteo.kit.settings import SettingsError
from jangteo.user.oidc.presets import PRESETS, read_providers
from tests.integration.user.oidc.world import join, newcomer, refused, sign_up

OWN = '"client_id": "a", "client_secret": "hidden", "redirect_uris": ["https://shop.example/back"]'


async def test_kakao_is_asked_at_userinfo_and_the_answer_must_be_about_the_same_person(guest, person):
    joined = await join(guest(), person(nickname="네오", name=None), by="kakao")
    assert (joined.status_code, joined.json()["member"]["name"]) == (201, "네오")


async def test_naver_nests_its_claims(guest, person, outside):
    await outside.put("/mischief", json={"nested": True})
    kim = person(name="김네이버")
    joined = await join(guest(), kim, by="naver")
    assert (joined.status_code, joined.json()["member"]["email"]) == (201, kim.email)
    # The other provider's userinfo must name the person, and this one does not.
    assert refused(await kim.come_back(guest(), "kakao"))


@pytest.mark.parametrize("told", [False, None, "no", 1])
async def test_an_address_that_is_not_plainly_verified_is_not_believed(guest, person, told):
    kim = person(email_verified=told)
    await guest().sign_up(email=kim.email)
    assert (await kim.come_back(guest())).json()["needed"] == "password"


async def test_accounts_of_two_providers_with_the_same_name_are_two(guest, person):
    kim = person()
    first = await join(guest(), kim)
    assert first.status_code == 201
    kim.told["email"] = "another@example.test"
    assert (await kim.come_back(guest(), "kakao")).json()["needed"] == "consents"


async def test_the_same_newcomer_twice_at_once_is_one_member(guest, person):
    kim, browsers = person(), (guest(), guest())
    waiting = [await newcomer(browser, kim) for browser in browsers]
    joined = await asyncio.gather(*map(sign_up, browsers, waiting))
    assert sorted(answer.status_code for answer in joined) == [201, 409]


def test_the_known_providers_need_a_client_only():
    text = "{" + ", ".join(f'"{name}": {{{OWN}}}' for name in PRESETS) + "}"
    found = read_providers(text)
    assert {name: one.discovery_url for name, one in found.items()} == {
        "google": "https://accounts.google.com/.well-known/openid-configuration",
        "kakao": "https://kauth.kakao.com/.well-known/openid-configuration",
        "naver": "https://nid.naver.com/.well-known/openid-configuration",
    }
    assert read_providers("") == {}


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        '{"google": {"client_id": "a"}}',
        f'{{"other": {{{OWN}}}}}',
        f'{{"google": {{{OWN}, "unknown": 1}}}}',
        '{"google": {"client_id": "a", "client_secret": "hidden", "redirect_uris": []}}',
        f'{{"../x": {{{OWN}, "issuer": "https://x.example"}}}}',
    ],
)
def test_a_setting_that_is_no_good_is_told_without_its_secrets(text):
    with pytest.raises(SettingsError) as told:
        read_providers(text)
    assert "JANGTEO_OIDC_PROVIDERS" in str(told.value)
    assert "hidden" not in str(told.value)
