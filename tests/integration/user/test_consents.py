"""Consents: one's own word on each purpose, to the text that was shown, taken back as easily as given."""

import asyncio
import json

import pytest

from jangteo.user.appoint_owner import appoint

ME = "/v1/members/me/consents"
OPTIONAL = ("marketing_email", "marketing_sms", "marketing_push", "night_advertising")


@pytest.fixture
def owner(member, settings):
    async def make():
        someone = await member()
        assert await appoint(settings, someone.tenant, someone.profile["email"])
        someone.session = (await someone.log_in(someone.profile["email"])).json()
        return someone

    return make


def text(purpose, version):
    wording = {"title": f"제목 {version}", "body": f"본문 {version}"}
    english = {"title": f"Title {version}", "body": f"Body {version}"}
    return {"purpose": purpose, "version": version, "ko": wording, "en": english}


async def states(someone):
    return {one["purpose"]: one for one in (await someone.call("GET", ME)).json()["items"]}


async def version_of(someone, purpose):
    return (await states(someone))[purpose]["current_version"]


async def test_nothing_optional_is_ticked_beforehand(member):
    said = await states(await member())
    assert {purpose: said[purpose]["granted"] for purpose in OPTIONAL} == dict.fromkeys(OPTIONAL, False)
    assert said["terms"]["granted"]
    assert said["privacy"]["granted"]
    assert [said["terms"]["required"], said["marketing_sms"]["required"]] == [True, False]


@pytest.mark.parametrize("purpose", OPTIONAL)
async def test_a_consent_is_taken_back_by_the_same_call_that_gave_it(member, purpose):
    someone = await member()
    version = await version_of(someone, purpose)
    given = await someone.call("PUT", f"{ME}/{purpose}", {"granted": True, "text_version": version, "channel": "app"})
    assert given.status_code == 200, given.text
    assert {
        "granted": True,
        "text_version": version,
        "channel": "app",
        "up_to_date": True,
    }.items() <= given.json().items()
    taken = await someone.call("PUT", f"{ME}/{purpose}", {"granted": False})
    assert (taken.status_code, taken.json()["granted"]) == (200, False)
    history = [one for one in (await someone.call("GET", ME)).json()["history"] if one["purpose"] == purpose]
    assert [one["granted"] for one in history][:2] == [False, True]
    assert all(one["at"] and one["text_version"] == version for one in history)


async def test_a_new_member_ticks_each_way_of_advertising_by_itself(visitor, member):
    versions = {
        one["purpose"]: one["version"] for one in (await visitor().call("GET", "/v1/consent-texts")).json()["items"]
    }
    ticked = {"terms": True, "privacy": True, "marketing_sms": True, "versions": versions}
    someone = await member(consents=ticked)
    said = await states(someone)
    assert {purpose: said[purpose]["granted"] for purpose in OPTIONAL} == {
        "marketing_email": False,
        "marketing_sms": True,
        "marketing_push": False,
        "night_advertising": False,
    }
    # What was shown and left alone was declined; that is on record, too.
    assert all(said[purpose]["text_version"] == versions[purpose] for purpose in OPTIONAL)


async def test_nobody_becomes_a_member_by_a_text_that_does_not_hold_any_more(visitor):
    stale = {"terms": True, "privacy": True, "versions": {"terms": "1999-01"}}
    refused = await visitor().sign_up(consents=stale)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "consents.terms")
    unknown = await visitor().sign_up(consents={**stale, "versions": {"cookies": "1"}})
    assert unknown.status_code == 422


async def test_the_same_word_twice_and_at_once_is_one(member):
    someone = await member()
    body = {"granted": True, "text_version": await version_of(someone, "marketing_sms")}
    answers = await asyncio.gather(*(someone.call("PUT", f"{ME}/marketing_sms", body) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    history = (await someone.call("GET", ME)).json()["history"]
    assert len([one for one in history if one["purpose"] == "marketing_sms"]) == 1


async def test_a_required_consent_ends_with_the_membership_only(member):
    someone = await member()
    refused = await someone.call("PUT", f"{ME}/terms", {"granted": False})
    assert (refused.status_code, refused.json()["code"]) == (409, "consent.needed")


async def test_what_is_wrong_is_named(member):
    someone = await member()
    assert (await someone.call("PUT", f"{ME}/cookies", {"granted": True})).json()["code"] == "consent.unknown"
    outdated = await someone.call("PUT", f"{ME}/marketing_sms", {"granted": True, "text_version": "1999-01"})
    assert (outdated.status_code, outdated.json()["code"]) == (409, "consent.text_outdated")
    assert (await someone.call("PUT", f"{ME}/marketing_sms", {"granted": True})).status_code == 409
    for body in ({}, {"granted": "yes"}, {"granted": True, "channel": "pigeon"}):
        assert (await someone.call("PUT", f"{ME}/marketing_sms", body)).status_code == 422


async def test_a_shop_has_texts_in_both_languages_before_it_writes_any(visitor):
    korean = (await visitor().call("GET", "/v1/consent-texts")).json()["items"]
    english = (await visitor(language="en").call("GET", "/v1/consent-texts")).json()["items"]
    assert [one["purpose"] for one in korean] == [one["purpose"] for one in english]
    assert {one["purpose"] for one in korean if one["required"]} == {"terms", "privacy"}
    assert all(one["title"] and one["body"] and one["version"] for one in [*korean, *english])
    assert korean[0]["title"] != english[0]["title"]


async def test_a_new_required_text_is_asked_for_at_the_next_log_in(owner, member, visitor, other_tenant):
    boss, someone = await owner(), await member()
    stranger = await member(tenant=other_tenant)
    assert someone.session["consents_due"] == []
    published = await boss.call("POST", "/v1/consent-texts", text("terms", "2026-12"))
    assert published.status_code == 201, published.text
    shown = {
        one["purpose"]: one for one in (await visitor(language="en").call("GET", "/v1/consent-texts")).json()["items"]
    }
    assert (shown["terms"]["version"], shown["terms"]["title"]) == ("2026-12", "Title 2026-12")
    assert (await someone.log_in(someone.profile["email"])).json()["consents_due"] == ["terms"]
    assert (await someone.call("GET", ME)).json()["due"] == ["terms"]
    assert (await stranger.log_in(stranger.profile["email"])).json()["consents_due"] == []
    agreed = await someone.call("PUT", f"{ME}/terms", {"granted": True, "text_version": "2026-12"})
    assert agreed.json()["up_to_date"]
    assert (await someone.log_in(someone.profile["email"])).json()["consents_due"] == []
    newcomer = await member()
    assert newcomer.session["consents_due"] == []


async def test_a_new_optional_text_asks_nobody_and_keeps_what_was_said(owner, member):
    boss, someone = await owner(), await member()
    first = await version_of(someone, "marketing_sms")
    await someone.call("PUT", f"{ME}/marketing_sms", {"granted": True, "text_version": first})
    await boss.call("POST", "/v1/consent-texts", text("marketing_sms", "2"))
    now = (await states(someone))["marketing_sms"]
    assert (now["granted"], now["text_version"], now["current_version"]) == (True, first, "2")
    assert (await someone.log_in(someone.profile["email"])).json()["consents_due"] == []


async def test_a_text_that_was_published_is_never_replaced(owner, database):
    boss = await owner()
    assert (await boss.call("POST", "/v1/consent-texts", text("privacy", "7"))).status_code == 201
    again = await boss.call("POST", "/v1/consent-texts", text("privacy", "7"))
    assert (again.status_code, again.json()["code"]) == (409, "consent.version_taken")
    async with database.read(boss.tenant) as reader:
        last = await reader.fetchrow(
            "SELECT action, subject FROM audit_entries WHERE tenant = $1 ORDER BY number DESC", boss.tenant
        )
    assert tuple(last) == ("consent_text.published", "consent:privacy")


async def test_only_staff_with_the_permission_publish(member):
    assert (await (await member()).call("POST", "/v1/consent-texts", text("terms", "9"))).status_code == 403


async def test_others_are_told_of_each_change_and_of_nothing_else(member, settings):
    from jangteo.kit.bus import connect

    heard, bus = [], await connect(settings.bus_url, name="consents")

    async def hear(delivery):
        heard.append(json.loads(delivery.body))

    listening = await bus.listen(["user.consent_changed.v1"], hear)
    someone = await member()
    version = await version_of(someone, "marketing_push")
    for granted in (True, True, False):
        await someone.call("PUT", f"{ME}/marketing_push", {"granted": granted, "text_version": version})
    async with asyncio.timeout(20):
        while len([one for one in heard if one["data"]["member_id"] == someone.profile["id"]]) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    await listening.stop()
    await bus.close()
    said = [one["data"] for one in heard if one["data"]["member_id"] == someone.profile["id"]]
    assert [(one["purpose"], one["granted"]) for one in said] == [("marketing_push", True), ("marketing_push", False)]
