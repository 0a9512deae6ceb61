"""Roles: nobody hands out more than they have, a shop keeps an owner, and what was lost is lost at once."""

import asyncio
import uuid

import jwt
import msgspec
import pytest

from jangteo.kit.auth import TokenVerifier
from jangteo.kit.superseded import ASK_SECONDS, BELIEVE_SECONDS, Superseded, SupersededTokens, TokenSuperseded
from jangteo.user.appoint_owner import appoint
from jangteo.user.domain.permissions import ALL


@pytest.fixture
def owner(member, settings):
    """Makes owners of the test's shop, as an operator makes the first one."""

    async def make(**changed):
        someone = await member(**changed)
        assert await appoint(settings, someone.tenant, someone.profile["email"])
        someone.session = (await someone.log_in(someone.profile["email"])).json()
        return someone

    return make


async def give(by, to, *roles):
    return await by.call("PUT", f"/v1/members/{to.profile['id']}/roles", {"roles": roles})


async def test_an_owner_has_every_permission(owner):
    boss = await owner()
    me = (await boss.call("GET", "/v1/members/me")).json()
    assert me["roles"] == ["owner"]
    assert set(me["permissions"]) == set(ALL)
    named = (await boss.call("GET", "/v1/permissions")).json()["items"]
    assert {one["name"] for one in named} == set(ALL)
    assert all(one["description"] for one in named)


async def test_of_two_who_edit_one_role_or_one_members_roles_the_second_is_told_what_is_there_now(owner, member):
    boss, clerk = await owner(), await member()
    made = await boss.call("POST", "/v1/roles", {"name": "packer", "permissions": ["orders.read"]})
    seen, role = {"If-Match": made.headers["etag"]}, "/v1/roles/packer"
    wishes = [{"permissions": ["stock.manage"]}, {"permissions": ["products.manage"]}]
    answers = await asyncio.gather(*[boss.call("PUT", role, wish, **seen) for wish in wishes])
    done, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (done.status_code, refused.status_code, refused.json()["code"]) == (200, 409, "role.edited")
    assert refused.json()["params"]["current"] == done.json()["permissions"]
    assert refused.json()["params"]["version"] == done.json()["version"]
    assert (await boss.call("DELETE", role, **seen)).json()["code"] == "role.edited"
    fresh = {"If-Match": f"W/{done.headers['etag']}"}  # as a compressing gateway names it
    assert (await boss.call("PUT", role, {"permissions": []}, **fresh)).status_code == 200

    path = f"/v1/members/{clerk.profile['id']}/roles"
    seen = {"If-Match": (await boss.call("GET", path)).headers["etag"]}
    assert (await boss.call("PUT", path, {"roles": ["packer"]}, **seen)).status_code == 200
    refused = await boss.call("PUT", path, {"roles": []}, **seen)
    assert (refused.status_code, refused.json()["code"]) == (409, "member.roles_edited")
    assert refused.json()["errors"][0]["field"] == "If-Match"
    assert refused.json()["params"]["current"] == ["packer"]


async def test_nobody_is_appointed_who_did_not_sign_up(settings, tenant):
    assert not await appoint(settings, tenant, "nobody@example.test")


async def test_a_role_gives_its_permissions_with_the_next_token(owner, member):
    boss, clerk = await owner(), await member()
    made = await boss.call("POST", "/v1/roles", {"name": "packer", "permissions": ["orders.read", "shipments.manage"]})
    assert (made.status_code, made.json()["permissions"]) == (201, ["orders.read", "shipments.manage"])
    given = await give(boss, clerk, "packer")
    assert given.json()["roles"] == ["packer"]
    assert given.headers["etag"] == f'"{given.json()["version"]}"'
    refreshed = await clerk.call("POST", "/v1/sessions/refresh", {"refresh_token": clerk.session["refresh_token"]})
    clerk.session = refreshed.json()
    assert (await clerk.call("GET", "/v1/members/me")).json()["permissions"] == ["orders.read", "shipments.manage"]
    assert (await clerk.call("GET", "/v1/roles")).json()["code"] == "permission.missing"
    changed = await boss.call("PUT", "/v1/roles/packer", {"permissions": ["orders.read"]})
    assert changed.json()["permissions"] == ["orders.read"]
    assert (await clerk.call("GET", "/v1/members/me")).json()["code"] == "token.superseded"
    clerk.session = (await clerk.log_in(clerk.profile["email"])).json()
    assert (await clerk.call("GET", "/v1/members/me")).json()["permissions"] == ["orders.read"]
    assert (await boss.call("GET", f"/v1/members/{clerk.profile['id']}/roles")).json() == given.json()
    names = [role["name"] for role in (await boss.call("GET", "/v1/roles")).json()["items"]]
    assert names == ["owner", "packer"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Bad Name", "permissions": []}, "name"),
        ({"name": "x" * 41, "permissions": []}, "name"),
        ({"name": "fine", "permissions": ["orders.read", "world.domination"]}, "permissions[1]"),
        ({"name": "fine", "permissions": "all"}, "permissions"),
        ({"name": "fine"}, "permissions"),
    ],
)
async def test_a_bad_role_names_the_field(owner, body, field):
    answer = await (await owner()).call("POST", "/v1/roles", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_the_owners_role_cannot_be_touched(owner):
    boss = await owner()
    assert (await boss.call("POST", "/v1/roles", {"name": "owner", "permissions": []})).status_code == 409
    assert (await boss.call("PUT", "/v1/roles/owner", {"permissions": []})).status_code == 409
    assert (await boss.call("DELETE", "/v1/roles/owner")).status_code == 409


async def test_a_role_in_use_stays_and_one_that_is_not_goes(owner, member):
    boss, clerk = await owner(), await member()
    await boss.call("POST", "/v1/roles", {"name": "packer", "permissions": []})
    assert (await boss.call("POST", "/v1/roles", {"name": "packer", "permissions": []})).json()["code"] == "role.exists"
    await give(boss, clerk, "packer")
    assert (await boss.call("DELETE", "/v1/roles/packer")).json()["code"] == "role.in_use"
    await give(boss, clerk)
    assert (await boss.call("DELETE", "/v1/roles/packer")).status_code == 204
    assert (await boss.call("DELETE", "/v1/roles/packer")).status_code == 404
    missing = await give(boss, clerk, "packer")
    assert (missing.status_code, missing.json()["errors"][0]["field"]) == (422, "roles[0]")


async def test_nobody_hands_out_or_takes_away_more_than_they_have(owner, member):
    boss, deputy, clerk = await owner(), await member(), await member()
    await boss.call("POST", "/v1/roles", {"name": "deputy", "permissions": ["roles.manage", "orders.read"]})
    await boss.call("POST", "/v1/roles", {"name": "cashier", "permissions": ["payments.refund"]})
    await give(boss, deputy, "deputy")
    deputy.session = (await deputy.log_in(deputy.profile["email"])).json()
    refused = [
        await deputy.call("POST", "/v1/roles", {"name": "mine", "permissions": ["payments.refund"]}),
        await deputy.call("PUT", "/v1/roles/deputy", {"permissions": sorted(ALL)}),
        await deputy.call("PUT", "/v1/roles/cashier", {"permissions": []}),
        await deputy.call("DELETE", "/v1/roles/cashier"),
        await give(deputy, clerk, "cashier"),
        await give(deputy, deputy, "deputy", "owner"),
        await give(deputy, boss),
    ]
    assert [answer.json()["code"] for answer in refused] == ["role.beyond_own"] * 7
    assert {answer.status_code for answer in refused} == {403}
    made = await deputy.call("POST", "/v1/roles", {"name": "reader", "permissions": ["orders.read"]})
    assert made.status_code == 201
    assert (await give(deputy, clerk, "reader")).status_code == 200


async def test_the_last_owner_stays_one_even_when_two_leave_at_once(owner):
    first, second = await owner(), await owner()
    answers = await asyncio.gather(give(first, second), give(second, first), give(first, first), give(second, second))
    left = 0
    for someone in (first, second):
        someone.session = (await someone.log_in(someone.profile["email"])).json()
        left += (await someone.call("GET", "/v1/members/me")).json()["roles"] == ["owner"]
    assert left == 1
    assert {answer.status_code for answer in answers} <= {200, 401, 403, 409}


async def test_whoever_lost_a_role_cannot_take_it_back_with_an_old_token(owner):
    first, second = await owner(), await owner()
    assert (await give(first, second)).status_code == 200
    answer = await give(second, second, "owner")
    assert (answer.status_code, answer.json()["code"]) == (401, "token.superseded")


async def test_members_of_another_shop_are_not_there(owner, member, other_tenant):
    boss, stranger = await owner(), await member(tenant=other_tenant)
    assert (await give(boss, stranger)).status_code == 404
    assert (await boss.call("GET", f"/v1/members/{stranger.profile['id']}/roles")).status_code == 404
    assert (await boss.call("GET", f"/v1/members/{uuid.uuid4()}/roles")).json()["code"] == "member.unknown"


async def test_ten_owners_who_all_leave_at_once_leave_one(owner):
    owners = [await owner() for _ in range(10)]
    answers = await asyncio.gather(*(give(someone, someone) for someone in owners))
    assert sorted(answer.status_code for answer in answers)[0] == 200
    left = 0
    for someone in owners:
        opened = (await someone.log_in(someone.profile["email"])).json()
        left += "roles.manage" in scope_of(opened)
    assert left == 1
    assert "role.last_owner" in {answer.json().get("code") for answer in answers}


def scope_of(session):
    return jwt.decode(session["access_token"], options={"verify_signature": False})["scope"].split()


async def test_every_service_is_told_whose_older_tokens_end(owner, member, visitor, identity_of):
    boss, clerk, other = await owner(), await member(), await member()
    await boss.call("POST", "/v1/roles", {"name": "packer", "permissions": ["orders.read"]})

    async def told(service="shipping"):
        signed = identity_of(service).token(boss.tenant)
        answer = await visitor().call("GET", "/internal/superseded-tokens", X_Service_Identity=signed)
        assert answer.status_code == 200
        return {one["member_id"]: one["version"] for one in answer.json()["items"] if one["tenant"] == boss.tenant}

    assert clerk.profile["id"] not in await told()
    await give(boss, clerk, "packer")
    assert (await told())[clerk.profile["id"]] == 1
    await boss.call("PUT", "/v1/roles/packer", {"permissions": []})
    assert (await told())[clerk.profile["id"]] == 2
    assert other.profile["id"] not in await told()
    for stranger in (visitor(), boss):
        assert (await stranger.call("GET", "/internal/superseded-tokens")).status_code in (401, 403)


async def test_another_service_refuses_the_token_of_whoever_lost_a_role(owner, member, settings, visitor, identity_of):
    """As any service checks tokens: offline, by what the user service tells over HTTP."""
    boss, clerk = await owner(), await member()
    signed = {"X_Service_Identity": identity_of("order").token(boss.tenant)}

    async def keys():
        return (await visitor().call("GET", "/.well-known/jwks.json")).json()

    async def versions():
        answer = await visitor().call("GET", "/internal/superseded-tokens", **signed)
        return msgspec.json.decode(answer.content, type=SupersededTokens).versions()

    known = Superseded(versions)
    verifier = TokenVerifier(keys, known)
    await boss.call("POST", "/v1/roles", {"name": "packer", "permissions": ["orders.read"]})
    await give(boss, clerk, "packer")
    clerk.session = (await clerk.log_in(clerk.profile["email"])).json()
    caller = await verifier.verify(clerk.session["access_token"])
    assert caller.permissions == {"orders.read"}
    await give(boss, clerk)
    known._known_at -= ASK_SECONDS + BELIEVE_SECONDS  # that much later
    with pytest.raises(TokenSuperseded):
        await verifier.verify(clerk.session["access_token"])
    renewed = await clerk.call("POST", "/v1/sessions/refresh", {"refresh_token": clerk.session["refresh_token"]})
    assert (await verifier.verify(renewed.json()["access_token"])).permissions == frozenset()
    assert (await verifier.verify(boss.session["access_token"])).permissions == ALL
