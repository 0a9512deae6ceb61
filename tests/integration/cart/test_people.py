"""The cart and the wishlist of a member who leaves are deleted, and nobody else's."""

from pathlib import Path

import pytest
from forgetting import leaving

from jangteo.contracts.people import CartPersonErased
from jangteo.kit.auth import ServiceIdentity


@pytest.fixture(scope="module")
async def leavers(app, settings):
    async with leaving(settings.bus_url, CartPersonErased) as taking_part:
        yield taking_part


@pytest.fixture
def question(servers, browser):
    """Ask as another service does."""

    async def answer(one, what, service="user"):
        identity = ServiceIdentity(service, Path(servers.environment(service)["JANGTEO_IDENTITY_DIR"]))
        token = identity.token(one.tenant)
        return await browser().call("GET", f"/internal/{what.format(member=one.id)}", X_Service_Identity=token)

    return answer


async def test_a_cart_is_shown_then_deleted_and_nobody_elses(member, shop, leavers, question):
    one, other = member(), member()
    for someone in (one, other):
        assert (await someone.add(shop.sell("COAT-1"), 2)).status_code in (200, 201)
    (line,) = (await question(one, "people/{member}/data")).json()["data"]["cart"]
    assert (line["sku"], line["quantity"]) == ("COAT-1", 2)
    assert (await question(one, "people/{member}/holds")).json() == {"holds": [], "keeps": []}
    (first,) = await leavers.forgotten(one.tenant, one.id)
    assert first.destroyed["cart_keys"] >= 1
    assert await one.quantities() == {}
    assert await other.quantities() == {"COAT-1": 2}
    (again,) = await leavers.forgotten(one.tenant, one.id)
    assert (again.destroyed, again.kept) == ({"cart_keys": 0}, {})


async def test_only_the_user_service_may_ask(member, question):
    for what in ("people/{member}/data", "people/{member}/holds", "legal-records?purpose=dispute"):
        assert (await question(member(), what, service="order")).status_code == 403
        assert (await question(member(), what)).status_code == 200
