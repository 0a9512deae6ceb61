"""The second factor: asked for at every log-in once it is on, each code good once, and no way round it."""

import asyncio
import base64
import sys
from pathlib import Path

import jwt
import msgspec
import pytest

# The module beside this one; importlib mode makes no package of a folder.
sys.path.insert(0, str(Path(__file__).parent))

from second_factor_world import FACTOR, Phone, wait_a_step

from jangteo.user.appoint_owner import appoint
from jangteo.user.main import assemble

PASSWORD = "a decent passphrase"


async def challenged(someone, password=PASSWORD):
    asked = await someone.log_in(someone.profile["email"], password)
    assert asked.status_code == 202, asked.text
    assert set(asked.json()) == {"mfa_required", "challenge", "expires_in"}
    return asked.json()["challenge"]


async def answer(someone, challenge, code):
    return await someone.call("POST", "/v1/sessions/second-factor", {"challenge": challenge, "code": code})


async def test_setting_up_takes_the_password_and_a_first_code(member):
    one = await member()
    assert (await one.call("GET", FACTOR)).json() == {
        **{"enabled": False, "since": None, "recovery_codes_left": 0, "required": False}
    }
    refused = await one.call("POST", FACTOR, {"password": "not this one"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "password")
    begun = (await one.call("POST", FACTOR, {"password": PASSWORD})).json()
    phone = Phone(begun["otpauth_uri"])
    assert phone.label == f"/{one.tenant}:{one.profile['email']}"
    assert begun["secret"] in begun["otpauth_uri"]
    # Pending, it is asked of nobody.
    assert (await one.log_in(one.profile["email"])).status_code == 201
    wrong = await one.call("POST", FACTOR + "/confirmation", {"code": phone.wrong()})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "code")
    done = await one.call("POST", FACTOR + "/confirmation", {"code": phone.code()})
    assert len(set(done.json()["recovery_codes"])) == 10
    shown = (await one.call("GET", FACTOR)).json()
    assert (shown["enabled"], shown["recovery_codes_left"]) == (True, 10)
    assert (await one.call("POST", FACTOR, {"password": PASSWORD})).json()["code"] == "second_factor.on"


async def test_a_secret_that_was_begun_anew_replaces_the_one_before(member):
    one = await member()
    phones = [Phone((await one.call("POST", FACTOR, {"password": PASSWORD})).json()["otpauth_uri"]) for _ in range(2)]
    assert (await one.call("POST", FACTOR + "/confirmation", {"code": phones[0].code()})).status_code == 422
    assert (await one.call("POST", FACTOR + "/confirmation", {"code": phones[1].code()})).status_code == 200


async def test_a_log_in_asks_for_a_code_and_the_code_gives_the_session(enrolled):
    one = await enrolled()
    challenge = await challenged(one)
    opened = await answer(one, challenge, one.phone.code())
    assert opened.status_code == 201
    assert opened.headers["cache-control"] == "no-store"
    assert opened.json()["member"]["id"] == one.profile["id"]
    one.session = opened.json()
    assert (await one.call("GET", "/v1/members/me")).status_code == 200
    # The challenge was for one session.
    again = await answer(one, challenge, one.codes[0])
    assert (again.status_code, again.json()["code"]) == (401, "challenge.invalid")


async def test_the_code_without_the_password_is_worth_nothing(enrolled):
    one = await enrolled()
    assert (await one.log_in(one.profile["email"], "guess")).status_code == 401
    for token in ("", "x" * 43, "한글"):
        assert (await answer(one, token, one.phone.code())).json()["code"] == "challenge.invalid"


async def test_the_clocks_may_differ_by_one_step_and_no_more(enrolled, database):
    one = await enrolled()
    for steps, expected in ((-3, 401), (3, 401), (-1, 201), (1, 201)):
        await wait_a_step(database, one)
        assert (await answer(one, await challenged(one), one.phone.code(steps))).status_code == expected, steps


async def test_a_code_is_good_once_also_when_ten_use_it_at_the_same_moment(enrolled):
    one = await enrolled()
    challenges = [await challenged(one) for _ in range(10)]
    code = one.phone.code()
    answers = await asyncio.gather(*(answer(one, challenge, code) for challenge in challenges))
    assert sorted(each.status_code for each in answers) == [201] + [401] * 9


async def test_one_challenge_gives_one_session_also_with_two_good_codes_at_once(enrolled):
    one = await enrolled()
    challenge = await challenged(one)
    answers = await asyncio.gather(*(answer(one, challenge, code) for code in (one.phone.code(), *one.codes[:3])))
    assert [each.status_code for each in answers].count(201) == 1


async def test_a_recovery_code_is_good_once_however_it_is_typed(enrolled):
    one = await enrolled()
    typed = f" {one.codes[3].lower().replace('-', ' ')} "
    assert (await answer(one, await challenged(one), typed)).status_code == 201
    assert (await answer(one, await challenged(one), one.codes[3])).json()["code"] == "second_factor.refused"
    assert (await one.call("GET", FACTOR)).json()["recovery_codes_left"] == 9


async def test_new_recovery_codes_void_the_old_ones(enrolled):
    one = await enrolled()
    path = FACTOR + "/recovery-codes"
    wrong = {"password": "not this one", "code": one.codes[0]}
    assert (await one.call("POST", path, wrong)).json()["code"] == "password.wrong"
    renewed = await one.call("POST", path, {"password": PASSWORD, "code": one.phone.code()})
    assert renewed.status_code == 201
    assert not set(renewed.json()["recovery_codes"]) & set(one.codes)
    assert (await answer(one, await challenged(one), one.codes[0])).status_code == 401
    assert (await answer(one, await challenged(one), renewed.json()["recovery_codes"][0])).status_code == 201


async def test_a_challenge_ends_after_five_wrong_codes(enrolled):
    one = await enrolled()
    challenge = await challenged(one)
    refused = [await answer(one, challenge, one.phone.wrong()) for _ in range(5)]
    assert {each.json()["code"] for each in refused} == {"second_factor.refused"}
    assert (await answer(one, challenge, one.phone.code())).json()["code"] == "challenge.invalid"


async def test_a_challenge_is_short_lived(enrolled, database):
    one = await enrolled()
    challenge = await challenged(one)
    async with database.transaction(one.tenant) as transaction:
        await transaction.execute(
            "UPDATE login_challenges SET expires_at = now() WHERE member_id = $1", one.profile["id"]
        )
    assert (await answer(one, challenge, one.phone.code())).json()["code"] == "challenge.invalid"


async def test_a_challenge_of_another_shop_is_not_known(enrolled, visitor, other_tenant):
    one = await enrolled()
    stranger = visitor(tenant=other_tenant)
    refused = await answer(stranger, await challenged(one), one.phone.code())
    assert (refused.status_code, refused.json()["code"]) == (401, "challenge.invalid")


async def test_guessing_codes_is_throttled_whatever_else_succeeds(enrolled, settings):
    one = await enrolled()
    seen = []
    for _ in range(settings.login_attempts_per_account + 2):
        seen.append((await answer(one, await challenged(one), one.phone.wrong())).status_code)
        # The password is right each time; that must not set the count of wrong codes back.
        await one.call("POST", FACTOR, {"password": PASSWORD})
    assert seen[0] == 401
    assert seen[-1] == 429
    assert (await answer(one, await challenged(one), one.phone.code())).status_code == 429


async def test_turning_it_off_takes_password_and_code(enrolled):
    one = await enrolled()
    waiting = await challenged(one)
    path = FACTOR + "/removal"
    assert (await one.call("POST", path, {"password": PASSWORD, "code": one.phone.wrong()})).status_code == 422
    assert (await one.call("POST", path, {"password": "no", "code": one.phone.code()})).status_code == 422
    assert (await one.call("POST", path, {"password": PASSWORD, "code": one.phone.code()})).status_code == 204
    assert (await one.log_in(one.profile["email"])).status_code == 201
    assert (await answer(one, waiting, one.codes[0])).status_code == 401
    assert (await one.call("POST", path, {"password": PASSWORD, "code": "123456"})).json()["code"] == (
        "second_factor.off"
    )


async def test_neither_secret_nor_codes_are_stored_readably(enrolled, database):
    one = await enrolled()
    async with database.read(one.tenant) as reader:
        kept = str(await reader.fetch("SELECT * FROM second_factors WHERE member_id = $1", one.profile["id"]))
        kept += str(await reader.fetch("SELECT * FROM recovery_codes WHERE member_id = $1", one.profile["id"]))
    for secret in (*one.codes, *(code.replace("-", "") for code in one.codes)):
        assert secret not in kept
    assert base64.b32encode(one.phone._totp._hotp._key).decode() not in kept


@pytest.fixture
async def strict_app(settings):
    """The service of a shop whose staff must have a second factor."""
    async with assemble(msgspec.structs.replace(settings, staff_mfa="required")) as application:
        yield application


def scope_of(session):
    return jwt.decode(session["access_token"], options={"verify_signature": False})["scope"]


async def test_staff_has_no_permissions_until_the_second_factor_is_set_up(strict_app, member, enrolled, settings):
    boss = await member()
    assert await appoint(settings, boss.tenant, boss.profile["email"])
    boss.http._transport.app = strict_app
    boss.session = (await boss.log_in(boss.profile["email"])).json()
    assert boss.session["second_factor_missing"] is True
    assert scope_of(boss.session) == ""
    assert (await boss.call("GET", "/v1/roles")).json()["code"] == "permission.missing"
    assert (await boss.call("GET", FACTOR)).json()["required"] is True
    await enrolled(boss)
    renewed = await boss.call("POST", "/v1/sessions/refresh", {"refresh_token": boss.session["refresh_token"]})
    boss.session = renewed.json()
    assert boss.session["second_factor_missing"] is False
    assert "roles.manage" in scope_of(boss.session)
    assert (await boss.call("GET", "/v1/roles")).status_code == 200
    kept = await boss.call("POST", FACTOR + "/removal", {"password": PASSWORD, "code": boss.phone.code()})
    assert (kept.status_code, kept.json()["code"]) == (409, "second_factor.required")


async def test_customers_need_no_second_factor_where_staff_does(strict_app, member):
    one = await member()
    one.http._transport.app = strict_app
    opened = await one.log_in(one.profile["email"])
    assert (opened.status_code, opened.json()["second_factor_missing"]) == (201, False)
