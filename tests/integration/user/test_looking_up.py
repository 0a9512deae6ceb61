"""Staff see members masked; who sees more says why, and every look is an entry of the audit trail."""

import pytest

from jangteo.user.appoint_owner import appoint

PHONE = "010-1234-5678"


@pytest.fixture
def owner(member, settings):
    async def make():
        someone = await member()
        assert await appoint(settings, someone.tenant, someone.profile["email"])
        someone.session = (await someone.log_in(someone.profile["email"])).json()
        return someone

    return make


@pytest.fixture
def clerk(owner, member):
    """Makes members of staff with exactly these permissions."""

    async def make(boss, *permissions):
        someone = await member()
        name = f"clerk-{len(permissions)}-{someone.profile['id'][-6:]}"
        made = await boss.call("POST", "/v1/roles", {"name": name, "permissions": list(permissions)})
        assert made.status_code == 201, made.text
        await boss.call("PUT", f"/v1/members/{someone.profile['id']}/roles", {"roles": [name]})
        someone.session = (await someone.log_in(someone.profile["email"])).json()
        return someone

    return make


@pytest.fixture
def entries(database):
    async def read(tenant):
        async with database.read(tenant) as reader:
            return await reader.fetch("SELECT * FROM audit_entries WHERE tenant = $1 ORDER BY number", tenant)

    return read


async def test_lists_searches_and_profiles_are_masked(owner, clerk, member):
    boss = await owner()
    reader, someone = await clerk(boss, "members.read"), await member(phone=PHONE, name="홍길동")
    local, _, domain = someone.profile["email"].partition("@")
    shown = {"email": f"{local[:2]}***@{domain}", "name": "홍*동", "phone": "*********5678", "masked": True}
    listed = (await reader.call("GET", "/v1/members?size=50")).json()["items"]
    by_id = {one["id"]: one for one in listed}
    assert shown.items() <= by_id[someone.profile["id"]].items()
    found = await reader.call("POST", "/v1/members/search", {"email": f" {someone.profile['email'].upper()}"})
    assert [one["id"] for one in found.json()["items"]] == [someone.profile["id"]]
    one = await reader.call("GET", f"/v1/members/{someone.profile['id']}/profile")
    assert shown.items() <= one.json().items()
    assert one.headers["cache-control"] == "no-store"
    for answer in (found, one):
        assert someone.profile["email"] not in answer.text
        assert "홍길동" not in answer.text


async def test_a_part_of_an_address_finds_nobody(owner, member):
    boss, someone = await owner(), await member()
    found = await boss.call("POST", "/v1/members/search", {"email": someone.profile["email"][:5]})
    assert found.json() == {"items": []}


async def test_unmasking_needs_its_own_permission_and_a_reason_and_leaves_both_behind(owner, clerk, member, entries):
    boss, someone = await owner(), await member(phone=PHONE)
    reader, seer = await clerk(boss, "members.read"), await clerk(boss, "members.read", "members.unmask")
    path = f"/v1/members/{someone.profile['id']}/profile-disclosure"
    refused = await reader.call("POST", path, {"reason": "the parcel came back"})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission.missing")
    for reason in ("", "  ", "aaaaaaaa", "ok"):
        answer = await seer.call("POST", path, {"reason": reason})
        assert answer.status_code == 422
    assert (await seer.call("POST", path, {})).json()["errors"][0]["field"] == "reason"
    seen = await seer.call("POST", path, {"reason": "반송된 택배 문의에 답하려고"})
    assert (seen.json()["email"], seen.json()["phone"]) == (someone.profile["email"], "+821012345678")
    last = (await entries(boss.tenant))[-1]
    assert (last["action"], str(last["person_id"])) == ("member.disclosed", someone.profile["id"])
    assert last["actor"] == f"member:{seer.profile['id']}"
    assert last["permissions"] == "members.read members.unmask"
    assert last["reason"]
    assert "택배" not in last["reason"]


async def test_every_look_is_an_entry_and_a_refused_one_is_none(owner, member, entries):
    boss, someone = await owner(), await member()
    id = someone.profile["id"]
    before = len(await entries(boss.tenant))
    await boss.call("GET", "/v1/members")
    await boss.call("POST", "/v1/members/search", {"email": someone.profile["email"]})
    await boss.call("GET", f"/v1/members/{id}/profile")
    await boss.call("GET", f"/v1/members/{id}/roles")
    assert (await someone.call("GET", f"/v1/members/{id}/profile")).status_code == 403
    new = (await entries(boss.tenant))[before:]
    actions = ["members.listed", "members.searched", "member.read", "member.roles_read"]
    assert [entry["action"] for entry in new] == actions
    assert [entry["person_id"] and str(entry["person_id"]) for entry in new] == [None, id, id, id]
    assert someone.profile["email"] not in str(new)


async def test_pages_hold_every_member_once(owner, member):
    boss = await owner()
    others = {(await member()).profile["id"] for _ in range(4)}
    seen, cursor = [], ""
    while True:
        page = (await boss.call("GET", f"/v1/members?size=2{cursor}")).json()
        seen += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(seen) == sorted({*others, boss.profile["id"]})


async def test_another_shops_member_is_not_there(owner, member, other_tenant):
    boss, stranger = await owner(), await member(tenant=other_tenant)
    path = f"/v1/members/{stranger.profile['id']}"
    assert (await boss.call("GET", f"{path}/profile")).status_code == 404
    answer = await boss.call("POST", f"{path}/profile-disclosure", {"reason": "the parcel came back"})
    assert answer.status_code == 404
    found = await boss.call("POST", "/v1/members/search", {"email": stranger.profile["email"]})
    assert found.json() == {"items": []}
