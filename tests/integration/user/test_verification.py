"""A new member proves that the address is theirs: by POST of a token that works once, asked for again by anybody."""

import asyncio

PATH = "/v1/email-verifications"


async def is_verified(someone):
    return (await someone.call("GET", "/v1/members/me")).json()["email_verified"]


async def test_a_new_member_confirms_the_address_once(member, letters, token_of):
    someone = await member(language="en")
    assert not await is_verified(someone)
    [letter] = await letters(someone, "verify_email")
    assert (letter["email"], letter["language"]) == (someone.profile["email"], "en")
    token = await token_of(someone, "verify_email")
    confirm = f"{PATH}/confirmation"
    answers = await asyncio.gather(*(someone.call("POST", confirm, {"token": token}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 5
    refused = next(answer for answer in answers if answer.status_code == 422).json()
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [("token", "link.used")]
    assert await is_verified(someone)


async def test_opening_the_link_as_a_mail_scanner_does_spends_nothing(member, token_of):
    someone = await member()
    token = await token_of(someone, "verify_email")
    for path in (f"{PATH}/confirmation?token={token}", f"{PATH}/confirmation", f"/account/verify-email?token={token}"):
        for method in ("GET", "HEAD"):
            assert (await someone.call(method, path)).status_code in (404, 405)
    assert not await is_verified(someone)
    assert (await someone.call("POST", f"{PATH}/confirmation", {"token": token})).status_code == 204


async def test_the_mail_can_be_asked_for_again_until_the_address_is_confirmed(member, visitor, letters, token_of):
    someone = await member()
    answer = await visitor().call("POST", PATH, {"email": someone.profile["email"].upper()})
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    first = (await letters(someone, "verify_email", 2))[0]["parameters"]["link"].partition("#token=")[2]
    second = await token_of(someone, "verify_email", 2)
    assert (await someone.call("POST", f"{PATH}/confirmation", {"token": second})).status_code == 204
    again = await someone.call("POST", f"{PATH}/confirmation", {"token": first})
    assert again.json()["code"] == "link.used"


async def test_who_is_verified_already_is_not_written_to(member, visitor, token_of, letters, database):
    someone, other = await member(), await member()
    token = await token_of(someone, "verify_email")
    assert (await someone.call("POST", f"{PATH}/confirmation", {"token": token})).status_code == 204
    for one in (someone, other):
        assert (await visitor().call("POST", PATH, {"email": one.profile["email"]})).status_code == 202
    await letters(other, "verify_email", 2)
    sql = "SELECT count(*) FROM link_requests WHERE tenant = $1"
    async with asyncio.timeout(20), database.read(someone.tenant) as reader:
        while await reader.fetchval(sql, someone.tenant):  # noqa: ASYNC110  (a row has no event)
            await asyncio.sleep(0.02)
    assert await letters(someone, "verify_email", 0) == []


async def test_asking_again_and_again_is_slowed_down_alike_for_members_and_strangers(member, visitor, settings):
    someone = await member()
    told = []
    for email in (someone.profile["email"], "nobody@example.test"):
        asking = [visitor(address=f"198.51.100.{number}") for number in range(15)]
        answers = await asyncio.gather(*(one.call("POST", PATH, {"email": email}) for one in asking))
        told.append(sorted(answer.status_code for answer in answers))
    free = settings.login_free_attempts
    assert told[0] == told[1] == [202] * free + [429] * (15 - free)


async def test_a_token_of_another_shop_confirms_nothing(member, visitor, token_of, other_tenant):
    someone = await member()
    token = await token_of(someone, "verify_email")
    there = visitor(tenant=other_tenant)
    answer = await there.call("POST", f"{PATH}/confirmation", {"token": token})
    assert (answer.status_code, answer.json()["code"]) == (422, "link.invalid")
    assert not await is_verified(someone)
