"""What the other services get: public keys for all, personal data for one of them only."""

import uuid

import pytest


async def test_the_key_set_shows_public_keys_only(visitor):
    answer = await visitor().call("GET", "/.well-known/jwks.json")
    assert answer.status_code == 200
    assert "max-age" in answer.headers["cache-control"]
    keys = answer.json()["keys"]
    assert keys
    assert all(set(key) == {"kty", "key_ops", "n", "e", "kid", "use", "alg"} for key in keys)


async def test_the_notification_service_is_told_how_to_reach_a_member(member, identity_of, visitor):
    someone = await member(language="en")
    path = f"/internal/members/{someone.profile['id']}/contact"
    token = identity_of("notification").token(someone.tenant)
    answer = await visitor().call("GET", path, X_Service_Identity=token)
    assert answer.json() == {
        "member_id": someone.profile["id"],
        "email": someone.profile["email"],
        "name": someone.profile["name"],
        "language": "en",
    }


@pytest.mark.parametrize("service", ["order", "shipping", "payment", "cart"])
async def test_no_other_service_is(member, identity_of, visitor, service):
    someone = await member()
    token = identity_of(service).token(someone.tenant)
    path = f"/internal/members/{someone.profile['id']}/contact"
    assert (await visitor().call("GET", path, X_Service_Identity=token)).status_code == 403
    assert (await visitor().call("GET", path)).status_code == 401
    assert (await someone.call("GET", path)).status_code == 403


async def test_the_notification_service_is_told_what_staff_may_see_of_those_it_wrote_to(member, identity_of, visitor):
    someone, path = await member(language="en", name="홍길동"), "/internal/members/masked"
    body = {"ids": [str(uuid.uuid4()), someone.profile["id"], someone.profile["id"]]}
    local, _, domain = someone.profile["email"].partition("@")
    token = identity_of("notification").token(someone.tenant)
    [seen] = (await visitor().call("POST", path, body, X_Service_Identity=token)).json()["items"]
    assert seen == {
        "member_id": someone.profile["id"],
        "email": f"{local[:2]}***@{domain}",
        "name": "홍*동",
        "language": "en",
    }
    assert (await visitor().call("POST", path, body)).status_code == 401
    assert (await someone.call("POST", path, body)).status_code == 403
    token = identity_of("order").token(someone.tenant)
    assert (await visitor().call("POST", path, body, X_Service_Identity=token)).status_code == 403


async def test_a_contact_is_within_its_shop(member, identity_of, visitor, other_tenant):
    someone = await member()
    token = identity_of("notification").token(other_tenant)
    for id in (someone.profile["id"], uuid.uuid4()):
        answer = await visitor().call("GET", f"/internal/members/{id}/contact", X_Service_Identity=token)
        assert answer.status_code == 404
