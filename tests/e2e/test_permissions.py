"""The permission table is what the running services do: 1,000 random sets of permissions on the endpoints, at the
gateway and past it, with tokens signed by the shop's own key; and roles put exactly their permissions into tokens.
"""

import asyncio
import collections
import inspect
import json
import os
import pkgutil
import random
import re
import secrets
import uuid
from importlib import import_module
from pathlib import Path

import jwt
import msgspec
import pytest
from endpoints import Requests
from litestar.handlers import HTTPRouteHandler

from jangteo.gateway.routes import GATEWAY, ROUTES, Access, Limit, services
from jangteo.kit.http.wire import Answer, open_wire
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import open_vault
from jangteo.kit.settings import load
from jangteo.stack.buyer import ADDRESS, PASSWORD, Buyer
from jangteo.stack.environment import environment
from jangteo.user.domain.permissions import PERMISSIONS
from jangteo.user.keys import KeyRing
from jangteo.user.settings import UserSettings
from jangteo.user.tokens import Tokens

COMBINATIONS, SEED, AT_ONCE, ROLES = 1000, 20250, 16, 20
# What part of the sets an endpoint sees: one that a permission opens, any other one. JANGTEO_TEST_ALL=1 shows them all.
SHARES = (1.0, 1.0) if os.environ.get("JANGTEO_TEST_ALL") else (0.3, 0.04)
CARD = "4242424242424242"
# What the table refuses with; a wrong password or signature has a code of its own.
REFUSALS = {"unauthenticated": 401, "token.invalid": 401, "forbidden": 403, "permission.missing": 403}
# Whoever does this holds no token any more: here only those try who may not; the user service's tests show the others.
ENDS_ALL_TOKENS = ("DELETE /v1/members/me/sessions",)
# Bodies for handlers that are made when the service starts.
MADE_LATER = {"/internal/glances": {"ids": [], "language": "ko"}}
# How another member's things are asked for where no id is in the path.
OF_ANOTHER = {
    "GET /v1/orders": "member_id={members}",
    "GET /v1/payments": "order_id={orders}",
    "GET /v1/shipments": "order_id={orders}",
}


@pytest.fixture(scope="module")
async def belongings(mall, web, product_with_stock):
    """The ids of what one member has, by the folder that they stand in."""
    member = Buyer(mall.url, session=web)
    await member.sign_up()
    address = await member.call("POST", "/v1/members/me/addresses", ADDRESS)
    sku = await product_with_stock(1)
    order = await member.place_order(await member.tokenise(CARD), lines=[{"sku": sku, "quantity": 1}])
    order = await member.wait_for(order["order_id"], {"delivered"}, seconds=60)
    found = {
        kind: (await member.call("GET", f"/v1/{kind}?order_id={order['order_id']}"))["items"][0]["id"]
        for kind in ("payments", "shipments")
    }
    return found | {"members": member.member["id"], "orders": order["order_id"], "addresses": address["id"]}


@pytest.fixture(scope="module")
async def signer(mall):
    """Signs access tokens as the user service does, for anybody, with any permissions."""
    settings = load(UserSettings, "user", environment("user", mall.site))
    async with open_database(settings.database_url) as database, open_vault(settings, database) as vault:
        ring = KeyRing(database, vault)
        await ring.load()
        yield Tokens(ring, vault, database.clock, seconds=600)


@pytest.fixture(scope="module")
async def manager(mall, web, owner):
    """A member whose role has every permission: what a token lacks, the database does not."""
    name, manager = f"all-{secrets.token_hex(4)}", Buyer(mall.url, session=web)
    await owner.call("POST", "/v1/roles", {"name": name, "permissions": list(PERMISSIONS)})
    await manager.sign_up()
    await owner.call("PUT", f"/v1/members/{manager.member['id']}/roles", {"roles": [name]})
    await manager.log_in(manager.email, PASSWORD)
    claims = jwt.decode(manager.tokens["access_token"], options={"verify_signature": False})
    return {"member": uuid.UUID(claims["sub"]), "version": claims["ver"], "session": uuid.UUID(claims["sid"])}


@pytest.fixture(scope="module")
async def requests(owner):
    return Requests(await owner.call("GET", "/openapi.json"))


@pytest.fixture(scope="module")
async def wire():
    async with open_wire(seconds=30, connect_seconds=5) as wire:
        yield wire


def expected(row, kind, held, past_the_gateway, is_by_id):
    """Return what the table says: "refused 401", "refused 403", "hidden" or "open"."""
    if row.access is Access.PUBLIC:
        # The gateway takes tokens off what is public, but for webhooks: their senders may have headers of their own.
        reaches = past_the_gateway or row.limit is Limit.WEBHOOK
        return "refused 401" if kind == "stranger" and reaches else "open"
    if kind == "stranger" or (kind == "guest" and row.access is not Access.OPTIONAL):
        return "refused 401"
    if row.access is Access.OPTIONAL or held & set(row.permissions):
        return "open"
    if row.access is Access.STAFF:
        return "refused 403"
    return "hidden" if is_by_id or row.permissions else "open"


def is_as(wanted, row, answer):
    """Say whether an answer is as the table says."""
    code = json.loads(answer.body).get("code", "") if answer.status >= 400 and answer.body.startswith(b"{") else ""
    refused = REFUSALS.get(code) == answer.status
    if wanted.startswith("refused"):
        return refused and answer.status == int(wanted[-3:])
    empty = answer.status == 200 and b'"items":[]' in answer.body
    if wanted == "hidden":
        return empty or answer.status == 404 or (row.method == "GET" and code == "permission.missing")
    opened_to_staff = row.access is Access.MEMBER and row.permissions
    # What that one says, 503 included, is how the mall is.
    told = answer.status < 500 or row.name == "GET /health"
    return not refused and told and not (opened_to_staff and (empty or answer.status == 404))


def combinations():
    """Return who calls: (kind, permissions); members and staff, a few guests and members of another shop."""
    chance, names = random.Random(SEED), sorted(PERMISSIONS)
    for number in range(COMBINATIONS):
        kind = "guest" if number % 50 == 0 else "stranger" if number % 50 == 1 else "member"
        yield kind, frozenset(chance.sample(names, chance.randint(0, len(names)))), chance


@pytest.mark.timeout(400 if SHARES[0] < 1 else 3600)  # all of it is some 140,000 calls
async def test_a_thousand_sets_of_permissions_open_exactly_what_the_table_says(
    mall, web, wire, requests, belongings, signer, manager
):
    wrong, counted = [], collections.Counter()

    async def try_all(kind, held, chance):
        tenant = "other" if kind == "stranger" else "demo"
        who = {**manager, "tenant": tenant, "session": uuid.uuid4()}
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(8)}
        if kind != "guest":
            headers["Authorization"] = f"Bearer {signer.access(**who, permissions=held)}"
        for row in ROUTES:
            ends = row.name in ENDS_ALL_TOKENS
            if kind == "member" if ends else chance.random() >= SHARES[0 if row.permissions else 1]:
                continue
            past = row.service != GATEWAY and chance.random() < 0.5
            call = call_of(row, requests, belongings)
            address = mall.site.url(row.service) if past else mall.url
            wanted = expected(row, kind, held, past, is_by_id=requests.folder_of_id(row) is not None)
            if row.streams:
                answer = await beginning_of(web, address + call.path, headers)
            else:
                answer = await wire.call(call.method, address, call.path, headers, call.body)
            counted[row.name, wanted] += 1
            if not is_as(wanted, row, answer):
                wrong.append((row.name, "past the gateway" if past else "", kind, sorted(held), wanted, answer))

    waiting = combinations()
    await asyncio.gather(*(try_each(waiting, try_all) for _ in range(AT_ONCE)))
    assert wrong == [], (len(wrong), wrong[:5])
    assert {name for name, _ in counted} == {row.name for row in ROUTES}
    for row in ROUTES:  # each permission was tried with and without
        assert not row.permissions or {"open"} < {wanted for name, wanted in counted if name == row.name}


async def beginning_of(web, url, headers):
    """Return the status of a stream, which may go on for ever, and what a refusal says."""
    async with web.get(url, headers=headers) as answer:
        return Answer(answer.status, await answer.read() if answer.status >= 400 else b"")


async def try_each(waiting, action):
    for one in waiting:
        await action(*one)


def call_of(row, requests, belongings):
    """Return a request for somebody else's thing, where a row is about things; writes of staff change nothing."""
    if row.access is Access.MEMBER and row.permissions and "{" not in row.path:
        assert row.name in OF_ANOTHER, f"say in OF_ANOTHER how {row.name} is asked for another member's things"
        return requests.call(row, {}, OF_ANOTHER[row.name].format(**belongings))
    return requests.call(row, belongings if row.access is Access.MEMBER or row.method == "GET" else {})


async def test_roles_put_exactly_their_permissions_into_tokens(buyer_of, owner):
    chance, names = random.Random(SEED), sorted(PERMISSIONS)
    member, made = buyer_of(), {}
    await member.sign_up()
    for _ in range(ROLES):
        name = f"some-{secrets.token_hex(4)}"
        made[name] = set(chance.sample(names, chance.randint(0, 4)))
        await owner.call("POST", "/v1/roles", {"name": name, "permissions": sorted(made[name])})
        given = chance.sample(sorted(made), chance.randint(0, min(3, len(made))))
        await owner.call("PUT", f"/v1/members/{member.member['id']}/roles", {"roles": given})
        renewed = await member.call("POST", "/v1/sessions/refresh", {"refresh_token": member.tokens["refresh_token"]})
        member.tokens = renewed
        claims = jwt.decode(renewed["access_token"], options={"verify_signature": False})
        assert set(claims["scope"].split()) == set().union(*(made[role] for role in given))
    await owner.call("PUT", f"/v1/members/{member.member['id']}/roles", {"roles": []})


def handlers(service):
    """Return the route handlers of a service: those in modules called `api` or `…_api`, or in a folder of that name."""
    package = import_module(f"jangteo.{service}")
    names = [one.name for one in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    modules = [import_module(name) for name in names if re.search(r"(?:^|[._])api(?:$|\.)", name)]
    found = {id(one): one for module in modules for one in vars(module).values()}
    return [one for one in found.values() if isinstance(one, HTTPRouteHandler)]


def shapes(handler):
    return {
        (method, "/".join("{}" if "{" in part else part for part in path.split("/")))
        for method in handler.http_methods
        for path in handler.paths
    }


@pytest.mark.parametrize("service", services())
def test_every_endpoint_of_a_service_has_a_row_or_is_internal(service):
    mine = set().union(*map(shapes, handlers(service)))
    rows = {(row.method, row.shape) for row in ROUTES if row.service == service}
    assert {one for one in mine if not one[1].startswith("/internal/")} == rows


def internal(service):
    """Return (method, path, body) of what a service tells other services, wherever in its code that stands."""
    bodies = {path: body_for(handler) for handler in handlers(service) for path in handler.paths} | MADE_LATER
    for file in sorted(Path(import_module(f"jangteo.{service}").__file__).parent.rglob("*.py")):
        for kind, path in re.findall(r'@(get|post|put|patch|delete|asgi)\(\s*"(/internal/[^"]+)"', file.read_text()):
            filled = re.sub(r"\{[^}]*\}", lambda _: str(uuid.uuid4()), path)
            method = "POST" if kind == "asgi" else kind.upper()
            yield method, filled, None if method == "GET" else json.dumps(bodies.get(path, {})).encode()


@pytest.mark.parametrize("service", services())
async def test_what_is_internal_opens_to_no_member_and_not_at_all_at_the_gateway(mall, wire, signer, manager, service):
    token = signer.access(tenant="demo", permissions=PERMISSIONS, **manager)
    json_type, bearer = {"Content-Type": "application/json"}, {"Authorization": f"Bearer {token}"}
    at = mall.site.url(service)
    for method, path, body in internal(service):
        answers = [await wire.call(method, at, path, json_type | more, body) for more in ({}, bearer)]
        assert [answer.status for answer in answers] == [401, 403], (method, path, answers)
        assert (await wire.call(method, mall.url, path, json_type | bearer, body)).status == 404, path


def test_the_internal_endpoints_are_found():
    found = {service: [path for _, path, _ in internal(service)] for service in services()}
    assert "/internal/offers" in found["product"]
    assert {"/internal/quotes"} < set(found["shipping"] + found["product"])


def body_for(handler):
    """Return a body of the type that a handler reads, {} where it reads none."""
    data = inspect.signature(handler.fn).parameters.get("data")
    if data is None:
        return {}
    schemas, parts = msgspec.json.schema_components(
        [getattr(data.annotation, "__args__", [data.annotation])[0]], ref_template="#/components/schemas/{name}"
    )
    return Requests({"paths": {}, "components": {"schemas": parts}}).sample(schemas[0])
