"""Log-in by another provider, a real one in its own process: nothing is believed that it did not say to us, now."""

import asyncio
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integration.user.oidc.world import AGREED, BACK, begin, complete, join, refused

PASSWORD = "a decent passphrase"


async def test_the_shop_tells_its_providers_and_no_others(guest):
    listed = (await guest().call("GET", "/v1/identity-providers")).json()["items"]
    assert [one["name"] for one in listed] == ["google", "kakao", "naver"]
    assert {"name": "naver", "title": "네이버"} in listed
    for name in ("elsewhere", "nobody"):
        answer = await guest().call("POST", f"/v1/identity-providers/{name}/log-ins", {"redirect_uri": BACK})
        assert (answer.status_code, answer.json()["code"]) == (404, "oidc.provider_unknown")


@pytest.mark.parametrize("address", ["https://shop.example/back2", "https://evil.example/", BACK + "/", BACK + "?a=1"])
async def test_only_listed_addresses_are_returned_to(guest, address):
    answer = await guest().call("POST", "/v1/identity-providers/google/log-ins", {"redirect_uri": address})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "redirect_uri")


async def test_the_provider_is_asked_with_state_nonce_and_a_challenge(guest, provider):
    first, second = await begin(guest()), await begin(guest())
    asked = [parse_qs(urlsplit(one["authorization_url"]).query) for one in (first, second)]
    assert first["authorization_url"].startswith(provider + "/authorize?")
    assert asked[0]["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", asked[0][name][0])
        assert asked[0][name] != asked[1][name]
        assert asked[0][name][0] not in first["login_token"]


async def test_somebody_new_agrees_to_the_terms_and_is_a_member(guest, person, database):
    kim, one = person(), guest()
    opened = await join(one, kim)
    assert opened.status_code == 201, opened.text
    one.session = opened.json()
    me = (await one.call("GET", "/v1/members/me")).json()
    assert (me["email"], me["name"], me["has_password"]) == (kim.email, "나길동", False)
    said = {consent["purpose"]: consent["granted"] for consent in me["consents"]}
    assert said == {"terms": True, "privacy": True, "marketing_email": False}
    # And the next time nothing is asked.
    again = await kim.come_back(guest())
    assert (again.status_code, again.json()["member"]["id"]) == (201, me["id"])
    listed = (await one.call("GET", "/v1/members/me/identities")).json()["items"]
    assert [each["provider"] for each in listed] == ["google"]
    async with database.read(one.tenant) as reader:
        kept = str(await reader.fetch("SELECT * FROM identities")) + str(
            await reader.fetch("SELECT * FROM oidc_logins")
        )
    assert kim.sub not in kept
    assert kim.email not in kept


async def test_no_member_without_the_consents_and_the_log_in_can_go_on(guest, person):
    kim, one = person(), guest()
    begun = await begin(one)
    await complete(one, "google", {"login_token": begun["login_token"], **await kim.agree(begun["authorization_url"])})
    path = "/v1/identity-providers/google/log-ins/sign-up"
    answer = await one.call(
        "POST",
        path,
        {"login_token": begun["login_token"], "is_14_or_older": True, "consents": {**AGREED, "terms": False}},
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "consents.terms")
    body = {"login_token": begun["login_token"], "is_14_or_older": True, "consents": AGREED}
    answers = await asyncio.gather(*(one.call("POST", path, body) for _ in range(5)))
    assert sorted(each.status_code for each in answers)[0] == 201
    assert [each.status_code for each in answers].count(201) == 1


async def test_a_provider_that_tells_no_address_lets_the_member_say_it(guest, person):
    kim = person(email=None, name=None)
    missing = await join(guest(), kim)
    assert {fault["field"] for fault in missing.json()["errors"]} == {"email", "name"}
    joined = await join(guest(), kim, email="own@example.test", name="김철수")
    assert joined.json()["member"]["email"] == "own@example.test"


async def test_an_address_of_the_providers_cannot_be_exchanged(guest, person):
    kim = person()
    joined = await join(guest(), kim, email="somebody-else@example.test")
    assert joined.json()["member"]["email"] == kim.email


async def test_a_member_with_that_address_proves_the_password_first(guest, person):
    one, kim = guest(), person(email_verified=False)
    await one.sign_up(email=kim.email)
    begun = await begin(one)
    said = await kim.agree(begun["authorization_url"])
    asked = await complete(one, "google", {"login_token": begun["login_token"], **said})
    assert (asked.status_code, asked.json()["needed"]) == (202, "password")
    path = "/v1/identity-providers/google/log-ins/password"
    body = {"login_token": begun["login_token"], "password": "a guess"}
    assert (await one.call("POST", path, body)).json()["code"] == "login.failed"
    sign_up = {"login_token": begun["login_token"], "is_14_or_older": True, "consents": AGREED}
    assert refused(await one.call("POST", "/v1/identity-providers/google/log-ins/sign-up", sign_up))
    opened = await one.call("POST", path, {**body, "password": PASSWORD})
    assert opened.status_code == 201
    assert (await kim.come_back(guest())).status_code == 201
    assert refused(await one.call("POST", path, {**body, "password": PASSWORD}))


async def test_guessing_that_password_is_throttled_as_any(guest, person, settings):
    one, kim = guest(), person()
    await one.sign_up(email=kim.email)
    begun = await begin(one)
    await complete(one, "google", {"login_token": begun["login_token"], **await kim.agree(begun["authorization_url"])})
    body = {"login_token": begun["login_token"], "password": "a guess"}
    seen = [
        (await one.call("POST", "/v1/identity-providers/google/log-ins/password", body)).status_code
        for _ in range(settings.login_attempts_per_account + 1)
    ]
    assert (seen[0], seen[-1]) == (401, 429)


async def test_another_state_another_browser_and_a_second_use_are_refused(guest, person):
    kim, mine, theirs = person(), guest(), guest()
    begun, other = await begin(mine), await begin(theirs)
    said = await kim.agree(begun["authorization_url"])
    attempts = [
        {"login_token": begun["login_token"], **said, "state": "x" * 43},
        {"login_token": other["login_token"], **said},  # somebody lured to the address of another's log-in
        {"login_token": "nonsense", **said},
        {"login_token": "", **said},
    ]
    for body in attempts:
        assert refused(await complete(theirs, "google", body))
    # The provider's name is part of it, too.
    assert refused(await complete(mine, "kakao", {"login_token": begun["login_token"], **said}))
    body = {"login_token": begun["login_token"], **said}
    answers = await asyncio.gather(*(complete(mine, "google", body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [202, 401, 401, 401, 401]


async def test_a_code_that_was_used_expired_or_is_made_up_is_refused(guest, person, outside):
    kim, one = person(), guest()
    begun = await begin(one)
    said = await kim.agree(begun["authorization_url"])
    assert (await complete(one, "google", {"login_token": begun["login_token"], **said})).status_code == 202
    # The same code in a log-in of one's own: PKCE and the nonce belong to the first.
    assert refused(await kim.come_back(one, code=said["code"]))
    assert refused(await kim.come_back(one, code="made-up"))
    await outside.put("/mischief", json={"code_seconds": -1})
    assert refused(await kim.come_back(one))


async def test_a_code_that_was_made_for_another_log_in_is_refused_by_pkce(guest, person):
    kim, victim, thief = person(), guest(), guest()
    begun, stolen = await begin(thief), await begin(victim)
    code = (await kim.agree(stolen["authorization_url"]))["code"]
    state = (await person().agree(begun["authorization_url"]))["state"]
    assert refused(await complete(thief, "google", {"login_token": begun["login_token"], "state": state, "code": code}))


@pytest.mark.parametrize(
    "mischief",
    [
        {"nonce": "of another log-in"},
        {"aud": "another-shop"},
        {"aud": ["the-shop", "another-shop"]},
        {"iss": "https://evil.example"},
        {"late": -1000},
        {"late": 1000},
        {"forge": True},
    ],
    ids=str,
)
async def test_an_id_token_that_is_not_for_this_log_in_is_refused(guest, person, outside, mischief):
    await outside.put("/mischief", json=mischief)
    assert refused(await person().come_back(guest()))


async def test_the_clocks_may_differ_by_less_than_a_minute(guest, person, outside):
    await outside.put("/mischief", json={"late": 40})
    assert (await person().come_back(guest())).status_code == 202


async def test_a_log_in_is_over_after_ten_minutes(guest, person, database):
    kim, one = person(), guest()
    begun = await begin(one)
    said = await kim.agree(begun["authorization_url"])
    async with database.transaction(one.tenant) as transaction:
        await transaction.execute("UPDATE oidc_logins SET expires_at = now()")
    assert refused(await complete(one, "google", {"login_token": begun["login_token"], **said}))


async def test_accounts_are_linked_listed_and_removed_but_not_the_last_way_in(
    guest, person, member, shop, database, letters
):
    one, kim, lee = await member(), person(), person()
    one.http._transport.app = shop

    async def link(someone):
        begun = (await one.call("POST", "/v1/members/me/identities/kakao", {"redirect_uri": BACK})).json()
        body = {"login_token": begun["login_token"], **await someone.agree(begun["authorization_url"])}
        # A log-in that was begun to link is none to log in by.
        assert refused(await complete(guest(), "kakao", body))
        return await one.call("POST", "/v1/members/me/identities/kakao/completion", body)

    assert (await link(kim)).status_code == 204
    assert (await link(kim)).status_code == 204
    assert (await link(lee)).json()["code"] == "identity.taken"
    assert (await kim.come_back(guest(), "kakao")).json()["member"]["id"] == one.profile["id"]
    assert (await one.call("DELETE", "/v1/members/me/identities/kakao")).status_code == 204
    assert (await one.call("DELETE", "/v1/members/me/identities/kakao")).status_code == 404
    # Both changes are in the audit trail, once each, and told by mail.
    async with database.read(one.tenant) as reader:
        sql = "SELECT action, details FROM audit_entries WHERE tenant = $1 ORDER BY number"
        entries = [tuple(row) for row in await reader.fetch(sql, one.tenant)]
    assert [action for action, _ in entries] == ["identity.linked", "identity.unlinked"]
    assert all("카카오" in details for _, details in entries)
    for kind in ("identity_linked", "identity_unlinked"):
        (letter,) = await letters(one, kind)
        assert letter["parameters"]["provider"] == "카카오"
    joined = await join(one, lee)
    one.session = joined.json()
    last = await one.call("DELETE", "/v1/members/me/identities/google")
    assert (last.status_code, last.json()["code"]) == (409, "identity.last_way_in")
    assert (await lee.come_back(guest())).status_code == 201


async def test_who_has_no_password_cannot_log_in_by_one(guest, person):
    kim = person()
    await join(guest(), kim)
    for guess in ("", "." * 31, PASSWORD):
        assert (await guest().log_in(kim.email, guess)).json()["code"] == "login.failed"


async def test_keys_of_the_provider_may_change(guest, person, outside, shop):
    kim = person()
    await join(guest(), kim)
    await outside.put("/mischief", json={"rotate": True})
    # Unknown keys are asked for every few seconds at most: let that pause, and no more, be over.
    by_provider = shop._application.dependencies["by_provider"].dependency()
    for known in by_provider._providers.values():
        known._keys_at -= 6
    assert (await kim.come_back(guest())).status_code == 201


async def test_children_below_14_are_refused_as_at_any_sign_up(guest, person):
    answer = await join(guest(), person(), is_14_or_older=False)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "is_14_or_older")


async def test_an_address_verified_at_both_ends_links_by_itself(guest, person, database):
    one, kim = guest(), person()
    made = (await one.sign_up(email=kim.email)).json()
    assert (await kim.come_back(guest())).json()["needed"] == "password"
    async with database.transaction(one.tenant) as transaction:
        await transaction.execute("UPDATE members SET email_verified_at = now() WHERE id = $1", made["id"])
    opened = await kim.come_back(guest())
    assert (opened.status_code, opened.json()["member"]["id"]) == (201, made["id"])


async def test_a_second_factor_is_asked_for_whatever_the_first(guest, person, database):
    one, kim = guest(), person()
    one.session = (await join(one, kim)).json()
    async with database.transaction(one.tenant) as transaction:
        await transaction.execute(
            "INSERT INTO second_factors (tenant, member_id, sealed, confirmed_at, created_at)"
            " VALUES ($1, $2, '', now(), now())",
            one.tenant,
            one.session["member"]["id"],
        )
    asked = await kim.come_back(guest())
    assert (asked.status_code, asked.json()["mfa_required"]) == (202, True)
