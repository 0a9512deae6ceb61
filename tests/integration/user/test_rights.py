"""What members may ask of the whole mall: a copy of everything, and to be forgotten."""

import sys
from pathlib import Path

import pytest

import jangteo.user
from jangteo.kit.migrations import migrate
from jangteo.kit.postgres import open_database
from jangteo.kit.settings import load
from jangteo.user.appoint_owner import appoint
from jangteo.user.settings import UserSettings

# The module beside this one; importlib mode makes no package of a folder.
sys.path.insert(0, str(Path(__file__).parent))

from rights_world import RIGHTS_TENANTS, next_tenant, others_playing, rights_app, until

PASSWORD = "a decent passphrase"
HOLD = {"code": "order.open", "reference": "20261122-AAAAAAA", "ko": "진행 중인 주문", "en": "An order is under way."}


@pytest.fixture(scope="module")
def environment_of(servers, user_environment):
    """Give the environment of a service with a database of its own: other processes go on with what they find."""

    def make(name):
        servers.create_database(name)
        migrate(servers.url("postgres", name, owner=True), Path(jangteo.user.__file__).parent / "migrations")
        return user_environment | {"JANGTEO_DATABASE_URL": servers.url("postgres", name)}

    return make


@pytest.fixture(scope="module")
def rights_environment(environment_of):
    return environment_of("userrights")


@pytest.fixture(scope="module")
def settings(rights_environment):
    return load(UserSettings, "user", rights_environment)


@pytest.fixture(scope="module")
async def others(rights_environment):
    async with others_playing(rights_environment, "rights") as others:
        yield others


@pytest.fixture(scope="module")
async def app(rights_environment, others):
    async with rights_app(rights_environment, others, "rights") as app:
        yield app


@pytest.fixture
def tenant():
    return RIGHTS_TENANTS[next(next_tenant)]


async def leave(one, password=PASSWORD, **more):
    return await one.call("POST", "/v1/members/me/withdrawal", {"password": password, **more})


async def test_a_copy_holds_a_document_of_every_service(member, others):
    one = await member(phone="010-2345-6789")
    asked = await one.call("POST", "/v1/members/me/exports")
    assert (asked.status_code, asked.json()["state"]) == (202, "gathering")
    path = f"/v1/members/me/exports/{asked.json()['id']}"

    async def ready():
        found = (await one.call("GET", path)).json()
        return found if found["state"] == "ready" else None

    export = await until(ready)
    archive = await one.call("GET", export["link"])
    assert archive.headers["content-disposition"].startswith("attachment")
    documents = archive.json()["documents"]
    assert set(documents) == {"user", "order", "payment", "shipping", "notification", "cart"}
    assert documents["user"]["profile"]["phone"] == "+821023456789"
    assert documents["order"] == {"things": [f"비밀 {one.profile['id']}"]}
    assert [said["purpose"] for said in documents["user"]["consents"]].count("terms") == 1
    # Nobody else, with or without an account, gets it.
    other = await member()
    assert (await other.call("GET", export["link"])).status_code == 404
    other.session = None
    assert (await other.call("GET", export["link"])).status_code == 401


async def test_a_copy_is_stored_sealed_tells_of_itself_by_mail_and_ends(member, database, tenant, others):
    one = await member()
    id = (await one.call("POST", "/v1/members/me/exports")).json()["id"]

    async def ready():
        return (await one.call("GET", f"/v1/members/me/exports/{id}")).json()["link"]

    link = await until(ready)
    async with database.read(tenant) as reader:
        parts = await reader.fetch("SELECT sealed FROM export_parts WHERE tenant = $1", tenant)
        kinds = await reader.fetch("SELECT kind FROM mails WHERE tenant = $1", tenant)
        left = await reader.fetchval("SELECT expires_at - ready_at FROM exports WHERE id = $1::uuid", id)
    assert len(parts) == 6
    assert not any("비밀" in part["sealed"] for part in parts)
    assert "export_ready" in [row["kind"] for row in kinds]
    assert left.total_seconds() == 24 * 3600
    assert [each["link"] for each in (await one.call("GET", "/v1/members/me/exports")).json()["items"]] == [link]
    assert (await (await member()).call("GET", "/v1/members/me/exports")).json()["items"] == []
    async with database.transaction(tenant) as transaction:
        await transaction.execute("UPDATE exports SET expires_at = now() WHERE tenant = $1", tenant)
    assert (await one.call("GET", link)).status_code == 404
    assert (await one.call("GET", "/v1/members/me/exports")).json()["items"] == []


async def test_a_copy_waits_for_a_service_that_is_down_and_goes_on(member, others):
    one = await member()
    others.down.add(one.profile["id"])
    first = (await one.call("POST", "/v1/members/me/exports")).json()
    again = (await one.call("POST", "/v1/members/me/exports")).json()
    assert again["id"] == first["id"]
    path = f"/v1/members/me/exports/{first['id']}"

    async def waiting():
        found = (await one.call("GET", path)).json()
        return found if "user" not in found["missing"] else None

    assert (await until(waiting))["state"] == "gathering"
    assert (await one.call("GET", f"{path}/archive")).json()["code"] == "export.not_ready"
    [listed] = (await one.call("GET", "/v1/members/me/exports")).json()["items"]
    assert (listed["id"], listed["link"]) == (first["id"], None)
    others.down.clear()

    async def ready():
        return (await one.call("GET", path)).json()["link"]

    assert await until(ready)


async def test_leaving_needs_the_password_and_every_service(member, others):
    one = await member()
    wrong = await leave(one, "not my passphrase")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "password.wrong")
    others.down.add(one.profile["id"])
    assert (await leave(one)).status_code == 503
    others.down.clear()
    assert (await one.call("GET", "/v1/members/me/withdrawal")).status_code == 404
    assert (await one.call("GET", "/v1/members/me")).status_code == 200


async def test_what_is_open_refuses_or_defers_and_may_be_thought_better_of(member, others):
    one = await member()
    others.holds[one.profile["id"]] = [HOLD]
    refused = await leave(one)
    assert (refused.status_code, refused.json()["code"]) == (409, "withdrawal.held")
    assert refused.json()["params"]["reasons"][0] == {
        "service": "cart",
        "code": "order.open",
        "reference": HOLD["reference"],
        "message": HOLD["ko"],
    }
    deferred = await leave(one, when_settled=True)
    assert (deferred.status_code, deferred.json()["state"]) == (202, "deferred")
    assert (await leave(one, when_settled=True)).json()["id"] == deferred.json()["id"]
    # Who waits is a member still, and may stay one.
    assert (await one.log_in(one.profile["email"])).status_code == 201
    assert (await one.call("DELETE", "/v1/members/me/withdrawal")).status_code == 204
    others.holds.clear()
    assert (await one.call("GET", "/v1/members/me/withdrawal")).status_code == 404
    assert (await one.log_in(one.profile["email"])).status_code == 201


async def test_a_deferred_withdrawal_goes_on_as_soon_as_all_is_settled(member, others, database, tenant):
    one = await member()
    others.holds[one.profile["id"]] = [HOLD]
    assert (await leave(one, when_settled=True)).json()["state"] == "deferred"
    others.holds.clear()
    assert await until(lambda: state_of(database, tenant, "erased"))
    assert (await one.log_in(one.profile["email"])).status_code == 401


async def state_of(database, tenant, state):
    async with database.read(tenant) as reader:
        return await reader.fetchval("SELECT id FROM withdrawals WHERE tenant = $1 AND state = $2", tenant, state)


async def test_whoever_leaves_is_logged_out_at_once_and_then_gone(member, visitor, others, database, tenant):
    one = await member(phone="010-3456-7890")
    id, email = one.profile["id"], one.profile["email"]
    others.keeps[id] = True
    left = await leave(one)
    assert (left.status_code, left.json()["state"]) == (202, "closing")
    refreshed = await one.call("POST", "/v1/sessions/refresh", {"refresh_token": one.session["refresh_token"]})
    assert refreshed.status_code == 401
    assert (await one.log_in(email)).json()["code"] == "login.failed"
    withdrawal = await until(lambda: state_of(database, tenant, "erased"))
    assert (await one.call("GET", "/v1/members/me")).status_code in (401, 404)
    async with database.read(tenant) as reader:
        row = await reader.fetchrow("SELECT * FROM members WHERE id = $1::uuid", id)
        assert (row["email_index"], row["sealed"], row["password_hash"]) == (None, None, None)
        assert row["erased_at"] is not None
        key = await reader.fetchval("SELECT wrapped_key FROM person_keys WHERE person_id = $1::uuid", id)
        kept = await reader.fetch("SELECT purpose, due_on, reference FROM legal_records WHERE tenant = $1", tenant)
        for table in ("sessions", "consents", "addresses", "mails"):
            assert await reader.fetchval(f"SELECT count(*) FROM {table} WHERE member_id = $1::uuid", id) == 0
    assert key is None
    assert sorted(row["purpose"] for row in kept) == ["access_log", "contract_payment"]
    assert {str(row["due_on"]) for row in kept if row["purpose"] == "contract_payment"} == {"2031-11-04"}
    # The address is free for a new member, who has nothing of the old one.
    again = await visitor().sign_up(email=email)
    assert again.status_code == 201
    assert again.json()["id"] != id
    async with database.read(tenant) as reader:
        answers = await reader.fetch("SELECT service FROM withdrawal_answers WHERE withdrawal_id = $1", withdrawal)
    assert len(answers) == 6


async def test_the_last_owner_cannot_leave(member, others, settings, tenant):
    one = await member()
    assert await appoint(settings, tenant, one.profile["email"])
    assert (await leave(one)).json()["code"] == "role.last_owner"


async def test_an_erasure_outlives_the_process_that_began_it(environment_of, tenant, visitor_of):
    environment = environment_of("userrightscrash")
    async with (
        others_playing(environment, "rights-crash") as others,
        open_database(environment["JANGTEO_DATABASE_URL"]) as database,
    ):
        others.silent = {"cart", "order"}
        async with rights_app(environment, others, "rights-crash") as first:
            one = visitor_of(first)
            one.profile = (await one.sign_up()).json()
            one.session = (await one.log_in(one.profile["email"])).json()
            assert (await leave(one)).status_code == 202
            assert await until(lambda: state_of(database, tenant, "erasing"))
            await one.http.aclose()
        others.silent = set()
        async with rights_app(environment, others, "rights-crash"):
            async with database.transaction(tenant) as transaction:
                await transaction.execute("UPDATE withdrawals SET due_at = now() WHERE tenant = $1", tenant)
            assert await until(lambda: state_of(database, tenant, "erased"))
        # Asked again, all answered again, each of their answers twice; one proof of each is kept.
        assert len([asked for asked in others.forgotten if asked[0] == "payment"]) >= 2
        async with database.read(tenant) as reader:
            assert await reader.fetchval("SELECT count(*) FROM withdrawal_answers WHERE tenant = $1", tenant) == 6


@pytest.fixture
async def archivist(member, tenant, settings):
    """Somebody who may read what the law keeps."""
    one = await member()
    assert await appoint(settings, tenant, one.profile["email"])
    one.session = (await one.log_in(one.profile["email"])).json()
    return one


async def test_what_the_law_keeps_is_read_by_those_who_may_for_a_purpose_and_a_reason(
    archivist, others, member, database, tenant
):
    path = "/v1/legal-records/search"
    asked = {"service": "order", "purpose": "contract_payment", "reference": "N-1", "reason": "court order 17"}
    nobody = await member()
    assert (await nobody.call("POST", path, asked)).json()["code"] == "permission.missing"
    found = await archivist.call("POST", path, asked)
    assert found.status_code == 200, found.text
    (record,) = found.json()["items"]
    assert (record["purpose"], record["reference"], record["content"]) == ("contract_payment", "N-1", {"kept": "yes"})
    bare = {name: value for name, value in asked.items() if name != "reason"}
    assert (await archivist.call("POST", path, bare)).status_code == 422
    # In the address, where access logs would keep it, it is not even read.
    assert (await archivist.call("GET", "/v1/legal-records?reason=court+order+17")).status_code == 404
    for field, value, code in (
        ("reason", "why", "reason.invalid"),
        ("purpose", "curiosity", "legal.purpose"),
        ("service", "gateway", "legal.service"),
    ):
        refused = (await archivist.call("POST", path, asked | {field: value})).json()
        assert (refused["code"], refused["errors"][0]["field"]) == (code, field)
    # Who read what is in the audit trail.
    async with database.read(tenant) as reader:
        sql = "SELECT actor, subject, details FROM audit_entries WHERE tenant = $1 AND action = 'legal_records.read'"
        (entry,) = await reader.fetch(sql, tenant)
    assert entry["actor"] == f"member:{archivist.profile['id']}"
    assert entry["subject"] == "legal_records:order/contract_payment"
    assert "N-1" in entry["details"]


async def test_the_proof_of_an_erasure_is_shown_to_those_who_may(archivist, member, others, database, tenant):
    one = await member()
    id = (await leave(one)).json()["id"]
    await until(lambda: state_of(database, tenant, "erased"))
    assert (await (await member()).call("GET", f"/v1/withdrawals/{id}")).status_code == 403
    proof = (await archivist.call("GET", f"/v1/withdrawals/{id}")).json()
    assert (proof["state"], proof["missing"]) == ("erased", [])
    answers = {answer["service"]: answer["proof"] for answer in proof["answers"]}
    assert set(answers) == {"user", "order", "payment", "shipping", "notification", "cart"}
    assert (answers["order"]["key_id"], len(answers["user"]["key_id"])) == ("key-order", 32)
    assert answers["user"]["destroyed"]["members"] == 1
    assert one.profile["email"] not in str(proof)
