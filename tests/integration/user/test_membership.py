"""Becoming a member and keeping one's profile: what is refused, in whose language, and what is never kept readable."""

import asyncio
import re
import unicodedata

import pytest

from jangteo.contracts.user import UserRegistered
from jangteo.kit.bus import connect
from jangteo.kit.inbox import subscribe_plain

GOOD = {
    "email": "kim@example.test",
    "password": "a decent passphrase",
    "name": "김장터",
    "is_14_or_older": True,
    "consents": {"terms": True, "privacy": True},
}


async def test_a_new_member_logs_in_and_sees_the_own_profile(member):
    someone = await member(name="  홍  길동 ", phone="010-1234-5678", language="en")
    me = await someone.call("GET", "/v1/members/me")
    assert me.status_code == 200
    assert me.headers["cache-control"] == "no-store"
    body = me.json()
    assert (body["name"], body["phone"], body["language"]) == ("홍 길동", "+821012345678", "en")
    assert body["roles"] == body["permissions"] == []
    assert (body["grade"]["code"], body["has_password"], body["pending_email"]) == ("basic", True, None)
    assert {(said["purpose"], said["granted"]) for said in body["consents"]} == {
        ("terms", True),
        ("privacy", True),
        ("marketing_email", False),
    }


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"email": "no-at-sign"}, "email", "email.invalid"),
        ({"email": "a b@example.test"}, "email", "email.invalid"),
        ({"email": "x" * 65 + "@example.test"}, "email", "email.invalid"),
        ({"email": 7}, "email", "field.type"),
        ({"email": None}, "email", "field.type"),
        ({"password": "short"}, "password", "password.length"),
        ({"password": "가" * 129}, "password", "password.length"),
        ({"password": "password123"}, "password", "password.guessable"),
        ({"password": "KIM@example.test"}, "password", "password.guessable"),
        ({"name": " "}, "name", "name.invalid"),
        ({"name": "줄\n바꿈\u200b"}, "name", "name.invalid"),
        ({"phone": "12345"}, "phone", "phone.invalid"),
        ({"language": "fr"}, "language", "field.malformed"),
        ({"consents": {"terms": False, "privacy": True}}, "consents.terms", "consent.required"),
        ({"consents": {"terms": True}}, "consents.privacy", "field.missing"),
        ({"consents": {"terms": True, "privacy": "yes"}}, "consents.privacy", "field.type"),
        ({"is_14_or_older": None}, "is_14_or_older", "age.required"),
        ({"is_14_or_older": False}, "is_14_or_older", "age.under_14"),
        ({"birth_date": "2000-01-01"}, "is_14_or_older", "age.required"),
        ({"is_14_or_older": None, "birth_date": "2000-02-30"}, "birth_date", "field.malformed"),
        ({"is_14_or_older": None, "birth_date": "1800-01-01"}, "birth_date", "birth_date.invalid"),
        ({"is_14_or_older": None, "birth_date": "2999-01-01"}, "birth_date", "birth_date.invalid"),
        ({"is_14_or_older": "yes"}, "is_14_or_older", "field.type"),
        ({"password": "ILOVEYOU1"}, "password", "password.guessable"),
        ({"password": "baseball"}, "password", "password.guessable"),
        ({"password": "dkssudgktpdy"}, "password", "password.guessable"),
        ({"admin": True}, "admin", "field.unknown"),
        ({"name": "가" * 301}, "name", "field.bounds"),
    ],
)
async def test_bad_sign_ups_name_the_field_in_the_callers_language(visitor, changed, field, code):
    for language, hangul in (("ko", True), ("en", False)):
        answer = await visitor(language=language).call("POST", "/v1/members", {**GOOD, **changed})
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == (field, code)
        assert any("가" <= letter <= "힣" for letter in error["message"]) == hangul


async def test_all_fields_at_fault_are_named_at_once(visitor):
    body = {"email": "x", "password": "x", "name": "", "phone": "1", "consents": {"terms": False, "privacy": False}}
    body["is_14_or_older"] = False
    answer = await visitor().call("POST", "/v1/members", body)
    assert [error["field"] for error in answer.json()["errors"]] == [
        "email",
        "password",
        "name",
        "phone",
        "is_14_or_older",
        "consents.terms",
        "consents.privacy",
    ]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"\\ud800"', b"\xff\xfe", b"null"])
async def test_a_body_that_is_no_object_is_refused_with_a_problem(visitor, body):
    answer = await visitor().call("POST", "/v1/members", body)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_of_twenty_who_sign_up_with_one_address_at_once_one_wins(visitor):
    spellings = ["josé.김@example.test", "JOSÉ.김@Example.TEST", unicodedata.normalize("NFD", "josé.김@example.test")]
    answers = await asyncio.gather(*(visitor().sign_up(email=spellings[number % 3]) for number in range(20)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["code"] == "email.taken"
    assert refused.json()["errors"][0]["field"] == "email"


async def test_one_address_may_be_a_member_of_two_shops(visitor, member, other_tenant):
    await member(email="both@example.test")
    there = visitor(tenant=other_tenant)
    assert (await there.log_in("both@example.test")).status_code == 401
    assert (await there.sign_up(email="both@example.test")).status_code == 201


async def test_a_token_of_another_shop_is_refused(visitor, member, other_tenant):
    someone = await member()
    there = visitor(tenant=other_tenant)
    there.session = someone.session
    assert (await there.call("GET", "/v1/members/me")).status_code == 401


async def test_a_profile_changes_by_what_is_named_only(member):
    someone = await member(phone="010-1234-5678")
    changed = await someone.call("PATCH", "/v1/members/me", {"name": "새 이름", "marketing": True, "language": "en"})
    assert changed.status_code == 200
    body = changed.json()
    assert (body["name"], body["phone"], body["language"]) == ("새 이름", "+821012345678", "en")
    assert {c["purpose"]: c["granted"] for c in body["consents"] if c["purpose"] == "marketing_email"} == {
        "marketing_email": True
    }
    gone = await someone.call("PATCH", "/v1/members/me", {"phone": None})
    assert gone.json()["phone"] is None
    assert (await someone.call("PATCH", "/v1/members/me", {"phone": ""})).json()["errors"][0]["field"] == "phone"
    assert (await someone.call("PATCH", "/v1/members/me", {"email": "x@y.zz"})).json()["code"] == "field.unknown"


async def test_a_profile_changed_elsewhere_is_not_overwritten(member):
    someone = await member()
    seen = (await someone.call("GET", "/v1/members/me")).headers["etag"]
    answers = await asyncio.gather(
        *(someone.call("PATCH", "/v1/members/me", {"name": f"이름{n}"}, If_Match=seen) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 7
    assert {a.json()["errors"][0]["field"] for a in answers if a.status_code == 409} == {"If-Match"}
    malformed = await someone.call("PATCH", "/v1/members/me", {"name": "x"}, If_Match="seven")
    assert malformed.status_code == 422
    assert malformed.json()["errors"][0]["field"] == "If-Match"


async def test_nothing_personal_can_be_read_in_the_database(member, database, settings):
    someone = await member(email="findme@example.test", name="찾을이름", phone="010-9876-5432")
    address = {"recipient": "받는이름", "phone": "02-123-4567", "zip": "04524", "address1": "찾을대로 1"}
    assert (await someone.call("POST", "/v1/members/me/addresses", address)).status_code == 201
    async with database.system() as transaction:
        tables = await transaction.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in tables:
            if table == "alembic_version":
                continue
            dump = await transaction.fetchval(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            for word in ("findme", "찾을이름", "98765432", "받는이름", "04524", "찾을대로", "PRIVATE KEY"):
                # As a word: five digits stand by chance in some digest or time among so many rows.
                alone = re.search(rf"(?<![0-9A-Za-z+/.]){word}(?![0-9A-Za-z+/])", dump)
                inside = word != "04524" and word in dump
                assert not alone and not inside, f"{word} stands in {table}"  # noqa: PT018


async def test_the_others_are_told_that_somebody_signed_up(servers, visitor, tenant):
    bus = await connect(servers.url("nats"), name="user-tests")
    told = asyncio.Queue()

    async def note(message, source):
        if source.tenant == tenant:
            await told.put(message)

    subscription = await subscribe_plain(bus, f"user-tests-{tenant}", {UserRegistered: note})
    made = (await visitor().sign_up(language="en")).json()
    async with asyncio.timeout(20):
        message = await told.get()
    assert (str(message.member_id), message.language) == (made["id"], "en")
    await subscription.stop()
    await bus.close()
