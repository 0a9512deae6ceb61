"""Bad input is told by a problem document that names the field, in the caller's language."""

from typing import Annotated
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from jangteo.kit.auth import Caller
from jangteo.kit.errors import Conflict, Unavailable
from jangteo.kit.http.app import create_app
from jangteo.kit.http.entrance import language_of
from jangteo.kit.settings import ServiceSettings


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=5)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=99)]


class Things(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: Annotated[list[Line], msgspec.Meta(min_length=1)]
    id: UUID | None = None


class SoldOut(Conflict):
    code = "thing.sold_out"
    ko = "품절되었습니다: {sku}"
    en = "{sku} is sold out."


class Shelf:
    """A dependency of the routes."""

    name = "shelf"


@post("/v1/things")
async def make(
    data: JSONBody[Things],
    caller: NamedDependency[Caller],
    language: NamedDependency[str],
    shelf: NamedDependency[Shelf],
) -> dict[str, str]:
    """Make things; each of them is made once."""
    return {"tenant": caller.tenant, "language": language, "shelf": shelf.name, "kind": caller.kind}


@get("/v1/things/{id:uuid}")
async def fetch(id: FromPath[UUID], size: Annotated[int, QueryParameter(ge=1, le=50)] = 20) -> dict[str, int]:
    if size == 13:
        raise RuntimeError("a defect")
    if size == 14:
        raise Unavailable()
    raise SoldOut(sku="A-1", field="lines[0].sku")


@get("/v1/mine")
async def mine(caller: NamedDependency[Caller]) -> dict[str, str]:
    return {"id": str(caller.member_id)}


async def failing() -> None:
    raise Unavailable()


@pytest.fixture
async def client():
    settings = ServiceSettings(service="shop", bus_url="x", tenants=("demo", "other"))
    app = create_app(
        settings, [make, fetch, mine], title="Shop", dependencies={"shelf": Shelf()}, checks={"bus": failing}
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


GOOD = {"lines": [{"sku": "A-1", "quantity": 2}]}


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "lines", "field.missing"),
        ({"lines": []}, "lines", "field.bounds"),
        ({"lines": "x"}, "lines", "field.type"),
        ({"lines": [{"sku": "A", "quantity": "2"}]}, "lines[0].quantity", "field.type"),
        ({"lines": [{"sku": "A", "quantity": -1}]}, "lines[0].quantity", "field.bounds"),
        ({"lines": [{"sku": "A", "quantity": 10**30}]}, "lines[0].quantity", "field.bounds"),
        ({"lines": [{"sku": "A", "quantity": 1.5}]}, "lines[0].quantity", "field.type"),
        ({"lines": [{"sku": "A"}]}, "lines[0].quantity", "field.missing"),
        ({"lines": [{"sku": "A", "quantity": 1, "price": 0}]}, "lines[0].price", "field.unknown"),
        ({**GOOD, "id": "nonsense"}, "id", "field.malformed"),
        ([], "$", "field.type"),
    ],
)
async def test_a_wrong_body_names_the_field(client, body, field, code):
    answer = await client.post("/v1/things", json=body)
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [(field, code)]


@pytest.mark.parametrize(
    ("body", "ko", "en"),
    [
        ({"lines": "x"}, "형식이 다릅니다. 필요한 형식: 배열, 받은 형식: 문자열", "Expected a list, got text."),
        ({"lines": []}, "1개 이상이어야 합니다.", "It must have at least 1 entries."),
        ({"lines": [{"sku": "A", "quantity": 100}]}, "99 이하여야 합니다.", "It must be 99 or less."),
        ({"lines": [{"sku": "ABCDEF", "quantity": 1}]}, "5자 이하여야 합니다.", "It must have at most 5 characters."),
        ({**GOOD, "id": "nonsense"}, "올바른 식별자(UUID)가 아닙니다.", "This is not an id (UUID)."),
    ],
)
async def test_what_is_wrong_with_a_field_is_said_in_words_of_the_callers_language(client, body, ko, en):
    for language, words in (("ko", ko), ("en", en)):
        answer = await client.post("/v1/things", json=body, headers={"accept-language": language})
        assert answer.json()["errors"][0]["message"] == words


async def test_a_body_that_is_not_json_is_told_so(client):
    for body in (b"{", b"\xff\xfe", b"nope"):
        answer = await client.post("/v1/things", content=body, headers={"content-type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "body.malformed"), body
    answer = await client.post("/v1/things", content=b"")
    assert (answer.status_code, answer.json()["code"]) == (422, "field.missing")
    assert answer.json()["detail"] == "요청 본문이 필요합니다."


async def test_a_body_over_the_limit_is_refused(client):
    answer = await client.post("/v1/things", content=b"[" + b"1," * 1_000_000 + b"1]")
    assert (answer.status_code, answer.json()["code"]) == (413, "body.too_large")


async def test_a_good_body_reaches_the_route_with_caller_language_and_dependencies(client):
    answer = await client.post("/v1/things", json=GOOD, headers={"accept-language": "en-GB,ko;q=0.5"})
    assert answer.json() == {"tenant": "demo", "language": "en", "shelf": "shelf", "kind": "guest"}


async def test_the_tenant_comes_from_the_host_and_must_be_known(client):
    answer = await client.post("/v1/things", json=GOOD, headers={"host": "other.localhost:8080"})
    assert answer.json()["tenant"] == "other"
    answer = await client.post("/v1/things", json=GOOD, headers={"host": "nobody.localhost"})
    assert (answer.status_code, answer.json()["code"]) == (404, "tenant.unknown")


async def test_a_rule_is_told_in_the_callers_language_with_its_field_and_params(client):
    path = f"/v1/things/{UUID(int=1)}"
    problem = (await client.get(path, headers={"accept-language": "ko"})).json()
    assert (problem["detail"], problem["title"]) == ("품절되었습니다: A-1", "상태 충돌")
    assert problem["errors"][0]["field"] == "lines[0].sku"
    problem = (await client.get(path, headers={"accept-language": "en"})).json()
    assert (problem["detail"], problem["params"]) == ("A-1 is sold out.", {"sku": "A-1"})


async def test_parameters_are_checked_and_named(client):
    answer = await client.get(f"/v1/things/{UUID(int=1)}?size=51")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "size")
    answer = await client.get(f"/v1/things/{UUID(int=1)}?size=x")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "size")
    assert (await client.get("/v1/things/nonsense")).status_code == 404


async def test_a_defect_is_told_without_its_details_and_an_outage_with_a_hint_to_retry(client):
    answer = await client.get(f"/v1/things/{UUID(int=1)}?size=13")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "a defect" not in answer.text
    answer = await client.get(f"/v1/things/{UUID(int=1)}?size=14")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_unknown_addresses_and_methods_are_problems_too(client):
    assert (await client.get("/v1/nothing")).json()["code"] == "route.unknown"
    assert (await client.delete("/v1/things")).json()["code"] == "method.not_allowed"


async def test_a_head_is_answered_as_a_get_without_its_body(client):
    for path in ("/openapi.json", "/v1/mine", "/v1/nothing", f"/v1/things/{UUID(int=1)}?size=99"):
        got, asked = await client.get(path), await client.head(path)
        assert (asked.status_code, asked.content) == (got.status_code, b"")
        assert asked.headers["content-type"] == got.headers["content-type"]
        assert asked.headers["content-length"] == str(len(got.content))
    assert (await client.head("/v1/things")).status_code == 405


async def test_a_guest_is_asked_to_log_in(client):
    answer = await client.get("/v1/mine")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_what_is_tolerated_degrades_a_service_and_no_more():
    settings = ServiceSettings(service="shop", bus_url="x")

    async def fine() -> None:
        return None

    app = create_app(settings, [], title="Shop", checks={"database": fine}, tolerated={"bus": failing})
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    assert ready.json()["checks"] == {"database": "ok", "bus": "Unavailable"}


async def test_health_metrics_and_openapi_are_served(client):
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]) == (503, {"bus": "Unavailable"})
    assert b"http_requests_total" in (await client.get("/metrics")).content
    document = (await client.get("/openapi.json")).json()
    assert set(document["paths"]) == {"/v1/things", "/v1/things/{id}", "/v1/mine"}
    operation = document["paths"]["/v1/things"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("Things")
    assert [parameter["name"] for parameter in operation.get("parameters", [])] == []
    assert (operation["summary"], operation["description"]) == (
        "Make things",
        "Make things; each of them is made once.",
    )
    assert {status: answer["description"] for status, answer in operation["responses"].items()} == {"201": "Created"}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "ko"),
        ("ko-KR", "ko"),
        ("en-US,en;q=0.9", "en"),
        ("fr", "ko"),
        ("fr,en;q=0.3,ko;q=0.2", "en"),
        ("en;q=x", "ko"),
    ],
)
def test_the_preferred_language_is_found(header, language):
    assert language_of(header.encode()) == language
