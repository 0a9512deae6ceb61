"""Changing one's address: confirmed at the old one and at the new one, in any order, and never by somebody else."""

import asyncio
import uuid

import pytest

PATH, CONFIRM = "/v1/members/me/email-change", "/v1/email-changes/confirmation"
PASSWORD = "a decent passphrase"


def address():
    return f"{uuid.uuid4().hex[:10]}@new.example.test"


async def ask(someone, email, password=PASSWORD):
    return await someone.call("PUT", PATH, {"email": email, "password": password})


async def confirm(someone, token):
    return await someone.call("POST", CONFIRM, {"token": token})


@pytest.mark.parametrize("order", [("change_email_old", "change_email_new"), ("change_email_new", "change_email_old")])
async def test_an_address_changes_once_it_is_confirmed_at_both_in_any_order(member, letters, token_of, order):
    someone, new = await member(), address()
    old = someone.profile["email"]
    assert (await ask(someone, new)).status_code == 202
    assert (await someone.call("GET", "/v1/members/me")).json()["pending_email"] == new
    [to_old], [to_new] = [await letters(someone, kind) for kind in ("change_email_old", "change_email_new")]
    assert (to_old["email"], to_old["parameters"]["new_email"], to_new["email"]) == (old, new, new)
    tokens = [await token_of(someone, kind) for kind in order]
    assert (await confirm(someone, tokens[0])).json() == {"status": "waiting"}
    assert (await someone.call("GET", "/v1/members/me")).json()["email"] == old
    assert (await confirm(someone, tokens[0])).json()["code"] == "link.used"
    assert (await confirm(someone, tokens[1])).json() == {"status": "changed"}
    me = (await someone.call("GET", "/v1/members/me")).json()
    assert (me["email"], me["email_verified"], me["pending_email"]) == (new, True, None)
    assert (await someone.log_in(old)).status_code == 401
    assert (await someone.log_in(new)).status_code == 201
    [notice] = await letters(someone, "email_changed")
    assert notice["email"] == old


async def test_two_confirmations_at_once_change_it_once(member, letters, token_of):
    someone, new = await member(), address()
    await ask(someone, new)
    tokens = [await token_of(someone, kind) for kind in ("change_email_old", "change_email_new")]
    answers = await asyncio.gather(*(confirm(someone, token) for token in tokens * 4))
    assert sorted(answer.json().get("status") == "changed" for answer in answers) == [False] * 7 + [True]
    assert (await someone.call("GET", "/v1/members/me")).json()["email"] == new
    assert len(await letters(someone, "email_changed")) == 1


async def test_an_address_taken_meanwhile_is_a_clear_error_and_nothing_is_lost(member, visitor, token_of):
    someone, new = await member(), address()
    await ask(someone, new)
    old_token, new_token = [await token_of(someone, kind) for kind in ("change_email_old", "change_email_new")]
    await confirm(someone, old_token)
    assert (await visitor().sign_up(email=new.upper())).status_code == 201
    answer = await confirm(someone, new_token)
    assert (answer.status_code, answer.json()["code"]) == (409, "email.taken")
    assert (await someone.log_in(someone.profile["email"])).status_code == 201
    assert (await confirm(someone, new_token)).json()["code"] == "email.taken"


async def test_of_many_members_who_want_one_address_at_once_one_gets_it(member, token_of):
    new = address()
    people = [await member() for _ in range(4)]
    for one in people:
        assert (await ask(one, new)).status_code == 202
        await confirm(one, await token_of(one, "change_email_old"))
    tokens = [await token_of(one, "change_email_new") for one in people]
    answers = await asyncio.gather(*(confirm(one, token) for one, token in zip(people, tokens, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_a_second_change_takes_the_place_of_the_first(member, token_of):
    someone, first, second = await member(), address(), address()
    await ask(someone, first)
    early = [await token_of(someone, kind) for kind in ("change_email_old", "change_email_new")]
    await confirm(someone, early[0])
    await ask(someone, second)
    assert (await confirm(someone, early[1])).json()["code"] == "link.used"
    late = [await token_of(someone, kind) for kind in ("change_email_old", "change_email_new")]
    assert (await confirm(someone, late[1])).json() == {"status": "waiting"}
    assert (await confirm(someone, late[0])).json() == {"status": "changed"}
    assert (await someone.call("GET", "/v1/members/me")).json()["email"] == second


async def test_a_change_that_is_taken_back_cannot_be_confirmed(member, token_of):
    someone = await member()
    await ask(someone, address())
    tokens = [await token_of(someone, kind) for kind in ("change_email_old", "change_email_new")]
    assert (await someone.call("DELETE", PATH)).status_code == 204
    assert [(await confirm(someone, token)).json()["code"] for token in tokens] == ["link.used"] * 2


@pytest.mark.parametrize(
    ("email", "password", "status", "field", "code"),
    [
        ("no address", PASSWORD, 422, "email", "email.invalid"),
        ("own", PASSWORD, 409, "email", "email.same"),
        ("theirs", PASSWORD, 409, "email", "email.taken"),
        ("new", "not the password", 422, "password", "password.wrong"),
    ],
)
async def test_a_bad_request_names_the_field(member, email, password, status, field, code):
    someone, other = await member(), await member()
    known = {"own": someone.profile["email"].upper(), "theirs": other.profile["email"], "new": address()}
    answer = await ask(someone, known.get(email, email), password)
    assert answer.status_code == status
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


async def test_links_to_the_old_address_end_with_it(member, visitor, token_of):
    someone, new = await member(), address()
    assert (await visitor().call("POST", "/v1/password-resets", {"email": someone.profile["email"]})).status_code == 202
    stale = [await token_of(someone, "reset_password"), await token_of(someone, "verify_email")]
    await ask(someone, new)
    for kind in ("change_email_old", "change_email_new"):
        await confirm(someone, await token_of(someone, kind))
    body = {"token": stale[0], "password": "quite another passphrase"}
    assert (await visitor().call("POST", "/v1/password-resets/confirmation", body)).json()["code"] == "link.used"
    answer = await visitor().call("POST", "/v1/email-verifications/confirmation", {"token": stale[1]})
    assert answer.json()["code"] == "link.used"
