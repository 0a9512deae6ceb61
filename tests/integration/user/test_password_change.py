"""Changing and resetting passwords: whoever else knew the old one, or was logged in by it, is out."""

import asyncio
from datetime import UTC, datetime

import pytest

from jangteo.kit.clock import MovableClock
from jangteo.user.main import assemble

OLD, NEW = "a decent passphrase", "quite another passphrase"
CHANGE, RESET = "/v1/members/me/password", "/v1/password-resets"


async def is_open(someone, session):
    body = {"refresh_token": session["refresh_token"]}
    return (await someone.call("POST", "/v1/sessions/refresh", body)).status_code == 200


async def change(someone, current=OLD, new=NEW):
    return await someone.call("PUT", CHANGE, {"current_password": current, "new_password": new})


async def ask_reset(visitor, email):
    answer = await visitor().call("POST", RESET, {"email": email})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})


async def reset(someone, token, password=NEW):
    return await someone.call("POST", f"{RESET}/confirmation", {"token": token, "password": password})


async def test_a_new_password_ends_all_other_sessions_and_the_old_password(member, letters):
    someone = await member()
    email = someone.profile["email"]
    elsewhere = (await someone.log_in(email)).json()
    assert (await change(someone)).status_code == 204
    assert not await is_open(someone, elsewhere)
    assert await is_open(someone, someone.session)
    assert (await someone.log_in(email, OLD)).status_code == 401
    assert (await someone.log_in(email, NEW)).status_code == 201
    [letter] = await letters(someone, "password_changed")
    assert letter["email"] == email


@pytest.mark.parametrize(
    ("current", "new", "field", "code"),
    [
        ("not the present one", NEW, "current_password", "password.wrong"),
        (OLD, "short", "new_password", "password.length"),
        (OLD, "password123", "new_password", "password.guessable"),
    ],
)
async def test_a_bad_change_names_the_field_and_changes_nothing(member, current, new, field, code):
    someone = await member()
    elsewhere = (await someone.log_in(someone.profile["email"])).json()
    answer = await change(someone, current, new)
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert await is_open(someone, elsewhere)


async def test_the_present_password_cannot_be_guessed_with_a_stolen_session(member, settings):
    someone = await member()
    statuses = [(await change(someone, f"guess {number}")).status_code for number in range(15)]
    free = settings.login_free_attempts
    assert statuses == [422] * free + [429] * (15 - free)
    assert (await change(someone)).status_code == 429


async def test_of_several_changes_at_once_one_wins(member):
    someone = await member()
    wanted = [f"passphrase number {number}" for number in range(4)]
    answers = await asyncio.gather(*(change(someone, OLD, new) for new in wanted))
    won = [new for new, answer in zip(wanted, answers, strict=True) if answer.status_code == 204]
    assert len(won) == 1
    assert (await someone.log_in(someone.profile["email"], won[0])).status_code == 201


async def test_no_log_in_with_the_old_password_outlives_the_change(member, visitor):
    someone = await member()
    email = someone.profile["email"]
    thieves = [visitor(address=f"198.51.100.{number}") for number in range(3)]
    changed, *opened = await asyncio.gather(change(someone), *(thief.log_in(email, OLD) for thief in thieves))
    assert changed.status_code == 204
    for answer in opened:
        assert answer.status_code in (201, 401)
        if answer.status_code == 201:
            assert not await is_open(someone, answer.json())


async def test_a_forgotten_password_is_reset_by_mail_and_all_sessions_end(member, visitor, token_of, letters):
    someone = await member()
    email = someone.profile["email"]
    await ask_reset(visitor, email)
    token = await token_of(someone, "reset_password")
    answers = await asyncio.gather(*(reset(visitor(), token) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422]
    assert not await is_open(someone, someone.session)
    assert (await someone.log_in(email, OLD)).status_code == 401
    opened = await someone.log_in(email, NEW)
    assert opened.status_code == 201
    # Who reads the mail has the address.
    assert opened.json()["member"]["email_verified"]
    assert len(await letters(someone, "password_changed")) == 1


async def test_a_bad_new_password_does_not_spend_the_link(member, visitor, token_of):
    someone = await member()
    await ask_reset(visitor, someone.profile["email"])
    token = await token_of(someone, "reset_password")
    for bad, code in (("short", "password.length"), (someone.profile["email"], "password.guessable")):
        answer = await reset(visitor(), token, bad)
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("password", code)]
    assert (await reset(visitor(), token)).status_code == 204


async def test_a_second_link_stops_to_hold_with_the_first(member, visitor, token_of):
    someone = await member()
    await ask_reset(visitor, someone.profile["email"])
    first = await token_of(someone, "reset_password")
    await ask_reset(visitor, someone.profile["email"])
    second = await token_of(someone, "reset_password", 2)
    assert (await reset(visitor(), second)).status_code == 204
    assert (await reset(visitor(), first, "a third passphrase")).json()["code"] == "link.used"
    verify = await someone.call("POST", "/v1/email-verifications/confirmation", {"token": first})
    assert verify.json()["code"] == "link.invalid"


async def test_a_link_holds_for_half_an_hour(member, visitor, visitor_of, settings, token_of):
    someone = await member()
    await ask_reset(visitor, someone.profile["email"])
    token = await token_of(someone, "reset_password")
    clock = MovableClock(datetime.now(UTC))
    async with assemble(settings, clock) as application:
        later = visitor_of(application)
        clock.advance(31 * 60)
        answer = await reset(later, token)
        await later.http.aclose()
    assert (answer.status_code, answer.json()["code"]) == (422, "link.expired")
    assert (await reset(visitor(), token)).status_code == 204


async def test_resetting_a_password_opens_a_locked_account(member, visitor, token_of, settings):
    someone = await member()
    email = someone.profile["email"]
    for number in range(settings.login_free_attempts):
        await visitor(address=f"198.51.100.{number}").log_in(email, "a guess")
    assert (await visitor().log_in(email)).status_code == 429
    await ask_reset(visitor, email)
    assert (await reset(visitor(), await token_of(someone, "reset_password"))).status_code == 204
    assert (await visitor().log_in(email, NEW)).status_code == 201
