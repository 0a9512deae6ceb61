"""Merging the services' OpenAPI documents into one."""

import copy
import re

import pytest

from jangteo.gateway.openapi import merge
from jangteo.gateway.routes import ROUTES


def document(paths, schemas=None):
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas or {}}}


def operation(name, ref=None):
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{ref}"}}} if ref else {}
    return {"operationId": name, "responses": {"200": {"description": "", "content": content}}}


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_only_what_the_table_lets_in_is_shown_under_the_services_own_parameter_names():
    merged = merge(
        {
            "order": document(
                {
                    "/v1/orders": {"get": operation("List"), "put": operation("Nobody")},
                    "/v1/orders/{order_id}": {"parameters": [{"name": "order_id"}], "get": operation("Detail")},
                    "/internal/orders/{id}": {"get": operation("Secret")},
                    "/v1/products": {"get": operation("NotMine")},
                    "/metrics": {"get": operation("Metrics")},
                }
            )
        }
    )
    assert set(merged["paths"]) == {"/v1/orders", "/v1/orders/{order_id}"}
    assert set(merged["paths"]["/v1/orders"]) == {"get"}
    assert merged["paths"]["/v1/orders/{order_id}"]["parameters"] == [{"name": "order_id"}]


def test_equal_components_are_shared_and_different_ones_of_one_name_are_told_apart():
    same = {"type": "object", "properties": {"amount": {"type": "integer"}}}
    merged = merge(
        {
            "product": document(
                {"/v1/products": {"get": operation("List", "Page")}},
                {"Money": same, "Page": {"items": {"$ref": "#/components/schemas/Line"}}, "Line": {"title": "product"}},
            ),
            "order": document(
                {"/v1/orders": {"get": operation("List", "Page")}},
                {"Money": same, "Page": {"items": {"$ref": "#/components/schemas/Line"}}, "Line": {"title": "order"}},
            ),
        }
    )
    schemas = merged["components"]["schemas"]
    assert set(schemas) == {"Problem", "Money", "Page", "Line", "order.Page", "order.Line"}
    # Page reads the same in both, but its Line is another.
    assert schemas["order.Page"]["items"]["$ref"] == "#/components/schemas/order.Line"
    order = merged["paths"]["/v1/orders"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert order["$ref"] == "#/components/schemas/order.Page"
    for reference in references(merged):
        kind, name = re.fullmatch(r"#/components/(\w+)/(.+)", reference).groups()
        assert name in merged["components"][kind]


def test_operation_ids_stay_unique_and_each_operation_has_its_service_as_tag():
    merged = merge(
        {
            "product": document({"/v1/products": {"get": operation("List")}}),
            "order": document({"/v1/orders": {"get": operation("List")}}),
        }
    )
    assert merged["paths"]["/v1/products"]["get"]["operationId"] == "product_List"
    assert merged["paths"]["/v1/orders"]["get"]["operationId"] == "order_List"
    assert merged["paths"]["/v1/orders"]["get"]["tags"] == ["order"]


@pytest.mark.parametrize(
    ("service", "path", "security"),
    [
        ("product", "/v1/products", []),
        ("cart", "/v1/cart", [{}, {"bearer": []}]),
        ("order", "/v1/orders", [{"bearer": []}]),
        ("user", "/v1/roles", [{"bearer": []}]),
    ],
)
def test_what_the_gateway_asks_and_answers_is_said_of_each_operation(service, path, security):
    merged = merge({service: document({path: {"get": operation("Get")}})})
    told = merged["paths"][path]["get"]
    assert told["security"] == security
    assert ("401" in told["responses"]) == bool(security)
    assert "429" in told["responses"]
    assert merged["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_the_services_own_words_on_an_answer_stay():
    own = operation("Get")
    own["responses"]["429"] = {"description": "mine"}
    merged = merge({"order": document({"/v1/orders": {"get": own}})})
    assert merged["paths"]["/v1/orders"]["get"]["responses"]["429"] == {"description": "mine"}


def test_the_services_documents_are_left_as_they_were():
    given = {
        "order": document({"/v1/orders": {"get": operation("List", "Line")}}, {"Line": {"title": "order"}}),
        "cart": document({"/v1/cart": {"get": operation("Get", "Line")}}, {"Line": {"title": "cart"}}),
    }
    before = copy.deepcopy(given)
    merge(given, ROUTES)
    assert given == before


def test_a_mall_without_any_service_has_an_empty_document():
    assert merge({})["paths"] == {}


def test_each_refusal_that_an_operation_can_meet_is_told_as_a_problem_document():
    changed = operation("Change") | {
        "requestBody": {},
        "parameters": [{"name": "product", "in": "path"}, {"name": "If-Match", "in": "header"}],
    }
    told = merge({"product": document({"/v1/products/{product}": {"get": operation("Get"), "put": changed}})})
    answers = told["paths"]["/v1/products/{product}"]
    assert set(answers["get"]["responses"]) == {"200", "404", "429", "503"}
    assert sorted(map(int, answers["put"]["responses"])) == [200, 400, 401, 403, 404, 409, 413, 422, 429, 503]
    for status, answer in answers["put"]["responses"].items():
        if status != "200":
            assert set(answer["content"]) == {"application/problem+json"}, status
