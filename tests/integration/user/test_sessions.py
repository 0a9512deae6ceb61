"""Sessions: equal answers for members and strangers, tokens that work once, and theft that ends at the second use."""

import asyncio
import socket
import uuid

import msgspec
import pytest

from jangteo.contracts.user import UserLoggedIn
from jangteo.kit.bus import connect
from jangteo.kit.inbox import subscribe_plain
from jangteo.user.main import assemble


async def refresh(someone, token, **headers):
    return await someone.call("POST", "/v1/sessions/refresh", {"refresh_token": token}, **headers)


async def test_a_session_is_told_to_its_owner_and_to_no_cache(visitor):
    someone = visitor()
    made = (await someone.sign_up()).json()
    opened = await someone.log_in(made["email"].upper())
    assert opened.status_code == 201
    assert opened.headers["cache-control"] == "no-store"
    body = opened.json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 600)
    assert body["member"] == made


async def test_a_wrong_password_and_an_unknown_address_are_answered_alike(visitor):
    someone = visitor()
    email = (await someone.sign_up()).json()["email"]
    answers = [await someone.log_in(email, "wrong password"), await someone.log_in("nobody@example.test")]
    assert [answer.status_code for answer in answers] == [401, 401]
    bodies = [{**answer.json(), "trace_id": ""} for answer in answers]
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "login.failed"


async def test_every_letter_of_a_long_password_counts(visitor):
    someone = visitor()
    long = "가" * 100
    email = (await someone.sign_up(password=long + "나")).json()["email"]
    assert (await someone.log_in(email, long + "다")).status_code == 401
    assert (await someone.log_in(email, long)).status_code == 401
    assert (await someone.log_in(email, long + "나")).status_code == 201


async def test_guessing_one_account_is_stopped_whoever_guesses(visitor, settings):
    email = (await visitor().sign_up()).json()["email"]
    guessers = [visitor(address=f"198.51.100.{number}") for number in range(30)]
    answers = await asyncio.gather(*(one.log_in(email, f"guess {n}") for n, one in enumerate(guessers)))
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(401) == settings.login_free_attempts
    assert statuses.count(429) == 30 - settings.login_free_attempts
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 0 < int(refused.headers["retry-after"]) <= settings.login_window_seconds
    assert refused.json()["code"] == "login.throttled"
    assert (await visitor().log_in(email)).status_code == 429


async def test_strangers_are_throttled_as_members_are(visitor, settings):
    guessers = [visitor(address=f"198.51.100.{number}") for number in range(15)]
    answers = await asyncio.gather(*(one.log_in("nobody@example.test", "guess") for one in guessers))
    assert [answer.status_code for answer in answers].count(401) == settings.login_free_attempts


async def test_one_place_cannot_try_many_accounts(visitor, settings):
    somebody = visitor(address="192.0.2.77")
    for number in range(settings.login_attempts_per_address):
        assert (await somebody.log_in(f"{number}@example.test", "guess")).status_code == 401
    assert (await somebody.log_in("one-more@example.test", "guess")).status_code == 429
    email = (await visitor().sign_up()).json()["email"]
    assert (await visitor(address="192.0.2.78").log_in(email)).status_code == 201


async def test_while_nobody_counts_members_can_log_in(visitor, settings, visitor_of):
    email = (await visitor().sign_up()).json()["email"]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        deaf = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        async with assemble(msgspec.structs.replace(settings, valkey_url=deaf)) as application:
            someone = visitor_of(application)
            assert (await someone.log_in(email)).status_code == 201
            assert (await someone.log_in(email, "a guess")).status_code == 401
            await someone.http.aclose()


async def test_what_a_client_pretends_to_be_does_not_help(visitor, settings):
    email = (await visitor().sign_up()).json()["email"]
    someone = visitor(address="")
    statuses = []
    for number in range(settings.login_attempts_per_address + 1):
        body = {"email": f"{number}-{email}", "password": "guess"}
        forged = {"X-Forwarded-For": f"10.0.{number}.1, 192.0.2.99"}
        statuses.append((await someone.call("POST", "/v1/sessions", body, **forged)).status_code)
    assert statuses[-1] == 429


async def test_a_refresh_token_is_good_for_one_use_and_the_next_one_for_the_next(member):
    someone = await member()
    tokens = [someone.session["refresh_token"]]
    for _ in range(3):
        answer = await refresh(someone, tokens[-1])
        assert answer.status_code == 200
        tokens.append(answer.json()["refresh_token"])
        someone.session = answer.json()
        assert (await someone.call("GET", "/v1/members/me")).status_code == 200
    assert len(set(tokens)) == 4


async def test_a_spent_refresh_token_ends_the_whole_session(member):
    someone = await member()
    first = someone.session["refresh_token"]
    second = (await refresh(someone, first)).json()["refresh_token"]
    answer = await refresh(someone, first)
    assert (answer.status_code, answer.json()["code"]) == (401, "refresh_token.invalid")
    assert answer.json()["errors"][0]["field"] == "refresh_token"
    assert (await refresh(someone, second)).status_code == 401
    again = await someone.log_in(someone.profile["email"])
    assert (await refresh(someone, again.json()["refresh_token"])).status_code == 200


async def test_two_uses_at_once_end_the_session_for_both(member):
    someone = await member()
    answers = await asyncio.gather(*(refresh(someone, someone.session["refresh_token"]) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
    won = next(answer for answer in answers if answer.status_code == 200)
    assert (await refresh(someone, won.json()["refresh_token"])).status_code == 401


async def test_a_client_that_lost_the_answer_is_given_it_again(member):
    someone = await member()
    token, key = someone.session["refresh_token"], uuid.uuid4().hex
    answers = await asyncio.gather(*(refresh(someone, token, Idempotency_Key=key) for _ in range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    [successor] = {answer.json()["refresh_token"] for answer in answers}
    assert (await refresh(someone, successor)).status_code == 200
    # Now the next one was used: whoever comes with the old one again is a thief.
    assert (await refresh(someone, token, Idempotency_Key=key)).status_code == 401


async def test_a_spent_token_under_another_key_is_theft(member):
    someone = await member()
    token = someone.session["refresh_token"]
    successor = (await refresh(someone, token, Idempotency_Key="mine")).json()["refresh_token"]
    assert (await refresh(someone, token, Idempotency_Key="guessed")).status_code == 401
    assert (await refresh(someone, successor)).status_code == 401


async def test_tokens_that_nobody_gave_out_end_nothing(member, visitor, other_tenant):
    someone = await member()
    token = someone.session["refresh_token"]
    forged = [token[:-2] + ("AA" if not token.endswith("AA") else "BB"), token[5:], "", "=" * 50, "가나다", token + "A"]
    for text in forged:
        assert (await refresh(someone, text)).status_code == 401
    assert (await refresh(visitor(tenant=other_tenant), token)).status_code == 401
    assert (await refresh(someone, token)).status_code == 200


async def test_logging_out_ends_the_session_and_no_other(member):
    someone = await member()
    phone = (await someone.log_in(someone.profile["email"])).json()
    for _ in range(2):
        assert (await someone.call("DELETE", "/v1/sessions/current")).status_code == 204
    assert (await refresh(someone, someone.session["refresh_token"])).status_code == 401
    assert (await refresh(someone, phone["refresh_token"])).status_code == 200


@pytest.mark.parametrize("path", ["/v1/members/me", "/v1/members/me/addresses", "/v1/roles", "/v1/permissions"])
async def test_nobody_gets_in_without_a_token_that_holds(visitor, member, path):
    assert (await visitor().call("GET", path)).status_code == 401
    someone = await member()
    token = someone.session["access_token"]
    for forged in (token[:-4] + "AAAA", "not.a.token", "", token.rpartition(".")[0] + "."):
        answer = await someone.call("GET", path, Authorization=f"Bearer {forged}")
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


async def test_the_others_are_told_that_somebody_logged_in(servers, member, tenant):
    bus = await connect(servers.url("nats"), name="user-tests")
    told = asyncio.Queue()

    async def note(message, source):
        if source.tenant == tenant:
            await told.put(message)

    subscription = await subscribe_plain(bus, f"logins-{tenant}", {UserLoggedIn: note})
    someone = await member()
    async with asyncio.timeout(20):
        message = await told.get()
    assert str(message.member_id) == someone.profile["id"]
    await subscription.stop()
    await bus.close()
