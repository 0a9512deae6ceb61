"""One's devices: shown with a name one knows again, ended one by one or all, and asleep when long unused."""

import uuid
from datetime import UTC, datetime

from jangteo.kit.clock import MovableClock
from jangteo.user.main import assemble

PATH = "/v1/members/me/sessions"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) "
    "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"
)
LAPTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


async def log_in(someone, agent):
    body = {"email": someone.profile["email"], "password": "a decent passphrase"}
    return (await someone.call("POST", "/v1/sessions", body, User_Agent=agent)).json()


async def refresh(someone, session, **headers):
    body = {"refresh_token": session["refresh_token"]}
    return await someone.call("POST", "/v1/sessions/refresh", body, **headers)


async def devices(someone):
    return (await someone.call("GET", PATH)).json()["items"]


async def test_a_member_sees_where_they_are_logged_in_and_as_what(member):
    someone = await member()
    await log_in(someone, LAPTOP)
    someone.session = await log_in(someone, PHONE)
    seen = await devices(someone)
    assert [(one["device"], one["current"]) for one in seen][:2] == [
        ("Samsung Internet, Android", True),
        ("Chrome, Windows", False),
    ]
    assert {one["address"] for one in seen} == {"203.0.113.7"}
    assert all(one["used_at"] >= one["opened_at"] for one in seen)


async def test_the_last_use_is_shown(member):
    someone = await member()
    session = await log_in(someone, LAPTOP)
    await refresh(someone, session, User_Agent=PHONE, X_Envoy_External_Address="198.51.100.9")
    newest = (await devices(someone))[0]
    assert (newest["device"], newest["address"]) == ("Samsung Internet, Android", "198.51.100.9")
    assert newest["used_at"] > newest["opened_at"]


async def test_one_device_is_logged_out_and_the_others_are_not(member):
    someone = await member()
    laptop = await log_in(someone, LAPTOP)
    [id] = [one["id"] for one in await devices(someone) if one["device"] == "Chrome, Windows"]
    assert (await someone.call("DELETE", f"{PATH}/{id}")).status_code == 204
    assert (await refresh(someone, laptop)).status_code == 401
    someone.session = (await refresh(someone, someone.session)).json()
    assert id not in [one["id"] for one in await devices(someone)]
    again = await someone.call("DELETE", f"{PATH}/{id}")
    assert (again.status_code, again.json()["code"]) == (404, "session.unknown")


async def test_nobody_ends_the_session_of_somebody_else(member, other_tenant):
    owner, neighbour, stranger = await member(), await member(), await member(tenant=other_tenant)
    [own] = await devices(owner)
    for someone in (neighbour, stranger):
        assert (await someone.call("DELETE", f"{PATH}/{own['id']}")).status_code == 404
        assert (await someone.call("DELETE", f"{PATH}/{uuid.uuid4()}")).status_code == 404
    assert (await refresh(owner, owner.session)).status_code == 200


async def test_logging_out_everywhere_ends_this_session_too(member):
    someone, other = await member(), await member()
    laptop = await log_in(someone, LAPTOP)
    assert (await someone.call("DELETE", PATH)).status_code == 204
    for session in (laptop, someone.session):
        assert (await refresh(someone, session)).status_code == 401
    assert (await refresh(other, other.session)).status_code == 200


async def test_a_device_that_was_never_used_is_told_of_by_mail_and_a_known_one_is_not(member, letters):
    someone = await member()
    for agent in (LAPTOP, LAPTOP, PHONE, LAPTOP):
        await log_in(someone, agent)
    told = [letter["parameters"]["device"] for letter in await letters(someone, "new_device", 2)]
    assert told == ["Chrome, Windows", "Samsung Internet, Android"]


async def test_a_session_that_sleeps_too_long_needs_a_new_log_in(member, settings, visitor_of):
    someone = await member()
    clock = MovableClock(datetime.now(UTC))
    async with assemble(settings, clock) as application:
        later = visitor_of(application)
        clock.advance((settings.session_idle_days - 1) * 86_400)
        woken = await refresh(later, someone.session)
        assert woken.status_code == 200
        clock.advance((settings.session_idle_days + 1) * 86_400)
        refused = await refresh(later, woken.json())
        assert (refused.status_code, refused.json()["code"]) == (401, "refresh_token.invalid")
        assert (await later.log_in(someone.profile["email"])).status_code == 201
        await later.http.aclose()


async def test_what_a_device_is_and_where_cannot_be_read_in_the_database(member, database):
    someone = await member()
    await log_in(someone, LAPTOP)
    async with database.system() as transaction:
        dump = await transaction.fetchval("SELECT string_agg(t::text, ' ') FROM sessions t")
    assert "203.0.113.7" not in dump
    assert "Chrome" not in dump
