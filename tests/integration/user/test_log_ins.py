"""The record of log-ins: seen by their member, by staff masked or for a reason, sealed, and gone after three months."""

from datetime import UTC, datetime, timedelta

import pytest

from jangteo.contracts.retention import ACCESS_LOG, RULES
from jangteo.kit.clock import MovableClock
from jangteo.kit.postgres import open_database
from jangteo.kit.pruning import prune_once
from jangteo.kit.retention import day_of
from jangteo.user.appoint_owner import appoint
from jangteo.user.domain.masking import masked_address
from jangteo.user.log_ins import RETENTION

PHONE = {"User_Agent": "Mozilla/5.0 (iPhone) Safari"}
ADDRESS = "203.0.113.7"


async def log_ins(one, query=""):
    answer = await one.call("GET", f"/v1/members/me/log-ins{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_member_sees_when_with_what_and_from_where_somebody_logged_in(member):
    one = await member()
    credentials = {"email": one.profile["email"], "password": "a decent passphrase"}
    one.session = (await one.call("POST", "/v1/sessions", credentials, **PHONE)).json()
    newest, first = (await log_ins(one))["items"]
    shown = {"outcome": "opened", "way": "password", "device": "Safari, iPhone", "address": ADDRESS, "current": True}
    assert shown.items() <= newest.items()
    assert (first["current"], first["at"] < newest["at"]) == (False, True)
    # A wrong password is told to nobody by this list: it could be for known addresses only.
    assert (await one.log_in(one.profile["email"], "not the passphrase")).status_code == 401
    assert len((await log_ins(one))["items"]) == 2
    # A session renewed is no log-in.
    renewed = await one.call("POST", "/v1/sessions/refresh", {"refresh_token": one.session["refresh_token"]})
    assert renewed.status_code == 200
    assert len((await log_ins(one))["items"]) == 2


async def test_who_knew_the_password_and_not_the_code_is_in_the_record(enrolled):
    one = await enrolled()
    challenge = (await one.log_in(one.profile["email"])).json()["challenge"]
    asked = {"challenge": challenge, "code": one.phone.wrong()}
    assert (await one.call("POST", "/v1/sessions/second-factor", asked)).json()["code"] == "second_factor.refused"
    answered = await one.call("POST", "/v1/sessions/second-factor", asked | {"code": one.phone.code()})
    assert answered.status_code == 201, answered.text
    newest, refused, _ = (await log_ins(one))["items"]
    assert (newest["outcome"], newest["way"]) == ("opened", "second_factor")
    assert (refused["outcome"], refused["way"], refused["address"]) == ("code_refused", "second_factor", ADDRESS)


async def test_the_record_comes_in_pages_and_nobody_sees_another_members(member):
    one, other = await member(), await member()
    for _ in range(3):
        await one.log_in(one.profile["email"])
    first = await log_ins(one, "?size=3")
    rest = await log_ins(one, f"?size=3&cursor={first['next_cursor']}")
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (3, 1, None)
    assert not {entry["id"] for entry in first["items"]} & {entry["id"] for entry in rest["items"]}
    # Another's place in the list leads into one's own.
    theirs = await log_ins(other, f"?cursor={first['next_cursor']}")
    mine = {entry["id"] for entry in [*first["items"], *rest["items"]]}
    assert not mine & {entry["id"] for entry in theirs["items"]}
    path = f"/v1/members/{one.profile['id']}/access-log"
    assert (await other.call("GET", path)).json()["code"] == "permission.missing"


@pytest.fixture
async def clerk(enrolled, settings):
    someone = await enrolled()
    assert await appoint(settings, someone.tenant, someone.profile["email"])
    tokens = {"refresh_token": someone.session["refresh_token"]}
    someone.session = (await someone.call("POST", "/v1/sessions/refresh", tokens)).json()
    return someone


async def test_staff_see_it_masked_or_for_a_reason_and_each_look_is_audited(clerk, member, database):
    one = await member()
    id = one.profile["id"]
    (masked,) = (await clerk.call("GET", f"/v1/members/{id}/access-log")).json()["items"]
    assert masked["address"] == "203.0.113.*"
    path = f"/v1/members/{id}/access-log-disclosure"
    assert (await clerk.call("POST", path, {"reason": "why"})).json()["errors"][0]["field"] == "reason"
    (whole,) = (await clerk.call("POST", path, {"reason": "asked by the police, case 7"})).json()["items"]
    assert whole["address"] == ADDRESS
    async with database.read(clerk.tenant) as reader:
        sql = "SELECT action FROM audit_entries WHERE tenant = $1 AND person_id = $2::uuid ORDER BY number"
        actions = [row["action"] for row in await reader.fetch(sql, clerk.tenant, id)]
    assert actions == ["log_ins.read", "log_ins.disclosed"]
    nobody = f"/v1/members/{clerk.profile['id'][:-4]}ffff/access-log"
    assert (await clerk.call("GET", nobody)).status_code == 404


async def test_device_and_address_are_stored_sealed(member, database):
    one = await member()
    async with database.read(one.tenant) as reader:
        row = await reader.fetchrow("SELECT l::text AS text FROM log_ins l WHERE tenant = $1", one.tenant)
    assert ADDRESS not in row["text"]
    assert ADDRESS.encode().hex() not in row["text"]


async def test_it_is_deleted_after_three_months_and_not_a_day_before(member, settings):
    one = await member()
    end = RULES.due_on(ACCESS_LOG, day_of(datetime.now(UTC)))
    clock = MovableClock(datetime(end.year, end.month, end.day, tzinfo=UTC) - timedelta(days=1))
    async with open_database(settings.database_url, clock=clock) as later:
        await prune_once(later, RETENTION)
        assert len((await log_ins(one))["items"]) == 1
        clock.advance(timedelta(days=1).total_seconds())
        while await prune_once(later, RETENTION):
            pass
    assert (await log_ins(one))["items"] == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [("203.0.113.7", "203.0.113.*"), ("2001:db8::17", "2001:db8:0:*"), ("unix", ""), ("", "")],
)
def test_of_a_masked_address_the_net_is_left(address, shown):
    assert masked_address(address) == shown
