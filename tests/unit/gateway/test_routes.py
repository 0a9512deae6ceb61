"""The route table and what is rendered from it."""

import re
from pathlib import Path

import pytest

from jangteo.gateway.access_page import page
from jangteo.gateway.envoy.listeners import listeners
from jangteo.gateway.envoy.vhosts import JWT_FILTER, LIMIT_FILTER, route_configuration, with_heads
from jangteo.gateway.limits import RATES, rates
from jangteo.gateway.page_routes import PAGES
from jangteo.gateway.routes import ROUTES, Access, Limit, Route, TableError, check, services
from jangteo.gateway.settings import GatewaySettings
from jangteo.user.domain.permissions import PERMISSIONS


def settings(**more):
    ports = {"port": 1, "http_port": 2, "https_port": 3, "admin_port": 4}
    return GatewaySettings(service="gateway", bus_url="nats://x", state_dir="/tmp/x", **ports, **more)


def rendered(listener="http"):
    (host,) = route_configuration(listener, settings(inner_key="k" * 16))["virtual_hosts"]
    return host["routes"]


def first_for(method, path, listener="http"):
    return next((route for route in rendered(listener) if matches(route["match"], method, path)), None)


def matches(match, method, path):
    """Match as Envoy does: the path, and the method where one is asked for."""
    for header in match.get("headers", ()):
        if header["name"] == ":method" and header["string_match"]["exact"] != method:
            return False
    if "path" in match:
        return match["path"] == path
    if "prefix" in match:
        return path.startswith(match["prefix"])
    return re.fullmatch(match["safe_regex"]["regex"], path) is not None


def sample(path):
    return path.replace("*", "a/b.jpg").replace("{", "x-").replace("}", "")


def test_every_row_is_rendered_once_and_every_rendered_route_has_a_row():
    named = [route["name"] for route in rendered() if "route" in route]
    assert sorted(named) == sorted(row.name for row in (*with_heads(ROUTES), *PAGES))
    refused = [route["name"].removeprefix("405 ") for route in rendered() if route["name"].startswith("405 ")]
    assert sorted(refused) == sorted({row.path for row in (*ROUTES, *PAGES)})


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: row.name)
def test_a_request_for_a_row_matches_that_row_and_no_other(row):
    pages = {page.name for page in PAGES}
    found = [
        route
        for route in rendered()
        if "route" in route and route["name"] not in pages and matches(route["match"], row.method, sample(row.path))
    ]
    (one,) = found
    assert one["name"] == row.name
    assert one["route"]["cluster"] == row.service


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: row.name)
def test_access_is_rendered_as_the_row_says(row):
    (one,) = [route for route in rendered() if route["name"] == row.name]
    per_route = one["typed_per_filter_config"][JWT_FILTER]
    if row.access is Access.PUBLIC:
        assert per_route.get("disabled") is True
    else:
        wanted = "optional" if row.access is Access.OPTIONAL else "required"
        assert per_route.get("requirement_name") == wanted


@pytest.mark.parametrize("row", [row for row in ROUTES if row.method == "GET"], ids=lambda row: row.name)
def test_a_head_is_let_through_like_its_get_unless_that_never_ends(row):
    got, asked = (first_for(method, sample(row.path)) for method in ("GET", "HEAD"))
    if row.streams:
        assert asked["direct_response"] == {"status": 405}
    else:
        differing = ("name", "match")
        assert {k: v for k, v in asked.items() if k not in differing} == {
            k: v for k, v in got.items() if k not in differing
        }


@pytest.mark.parametrize(
    "path",
    ["/internal/x", "/metrics", "/health/ready", "/v1", "/v1/orders/", "/v1/orders/a/b", "/media", "/v2/products"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_an_unknown_path_of_the_api_is_not_there_and_never_asked_of_a_page(path, method):
    assert first_for(method, path)["direct_response"] == {"status": 404}
    assert first_for(method, path, "inner")["name"] == "stranger"


@pytest.mark.parametrize("path", ["/", "/products/x", "/v1x", "/mediax", "/office/orders", "/health-food"])
def test_what_is_no_path_of_the_api_is_a_page(path):
    for method in ("GET", "HEAD", "POST"):
        assert first_for(method, path)["route"]["cluster"] == "web"
    assert first_for("PUT", path)["direct_response"] == {"status": 405}


def test_the_pages_are_not_behind_their_own_door():
    assert not {route["name"] for route in rendered("inner")} & {row.name for row in PAGES}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_an_unsent_write_is_ever_tried_again(method):
    for row in ROUTES:
        if row.method == method:
            (one,) = [route for route in rendered() if route["name"] == row.name]
            conditions = set(one["route"]["retry_policy"]["retry_on"].split(","))
            assert conditions == {"connect-failure", "refused-stream", "reset-before-request"}


def test_only_streams_have_no_time_limit():
    unlimited = {route["name"] for route in rendered() if route.get("route", {}).get("timeout") == "0s"}
    assert unlimited == {row.name for row in (*ROUTES, *PAGES) if row.streams}
    assert unlimited == {"GET /v1/orders/{id}/events", "GET /v1/catalogue/export", "GET /live/*"}


def test_log_in_and_sign_up_have_the_strict_limit_and_other_writes_one_of_their_own():
    by_name = {row.name: row.limit for row in ROUTES}
    assert by_name["POST /v1/sessions"] is by_name["POST /v1/members"] is Limit.LOGIN
    assert by_name["POST /v1/orders"] is Limit.WRITE
    assert by_name["GET /v1/search"] is Limit.SEARCH
    assert by_name["GET /v1/orders"] is Limit.DEFAULT


@pytest.mark.parametrize(("scale", "present"), [(0, False), (1, True)])
def test_without_limits_there_is_no_filter_for_them(tmp_path, scale, present):
    for listener in listeners(settings(rate_limit_scale=scale), tmp_path):
        manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
        assert (LIMIT_FILTER in {one["name"] for one in manager["http_filters"]}) is present


@pytest.mark.parametrize(
    "path", ["/internal/x", "/metrics", "/health/live", "/{anything}", "/*", "no-slash", "/v1/products/{other}"]
)
def test_a_row_that_opens_what_is_never_public_or_stands_twice_is_refused(path):
    with pytest.raises(TableError):
        check((*ROUTES, Route("product", "GET", path, Access.PUBLIC)))


def test_the_table_is_sound_and_every_service_of_the_purchase_is_in_it():
    check(ROUTES)
    wanted = {"user", "product", "cart", "order", "payment", "shipping", "notification"}
    assert wanted <= set(services())


@pytest.mark.parametrize(
    ("access", "permissions"),
    [(Access.STAFF, ()), (Access.PUBLIC, ("orders.read",)), (Access.OPTIONAL, ("orders.read",))],
)
def test_a_row_for_staff_names_a_permission_and_an_open_row_none(access, permissions):
    with pytest.raises(TableError):
        check((*ROUTES, Route("order", "GET", "/v1/new", access, permissions=permissions)))


def test_the_table_names_no_permission_that_no_role_can_hold():
    assert {name for row in ROUTES for name in row.permissions} <= set(PERMISSIONS)


def test_the_page_of_permissions_says_what_the_table_says():
    """Else: python -m jangteo.gateway.access_page > docs/permissions.md"""
    assert (Path(__file__).parents[3] / "docs/permissions.md").read_text() == page()


def test_a_path_with_regular_expression_signs_is_taken_literally():
    row = Route("user", "GET", "/.well-known/{name}", Access.PUBLIC)
    assert re.fullmatch(row.pattern, "/.well-known/jwks")
    assert not re.fullmatch(row.pattern, "/xwell-known/jwks")
    assert not re.fullmatch(row.pattern, "/.well-known/a/b")


@pytest.mark.parametrize("scale", [0.1, 1, 3, 1000])
@pytest.mark.parametrize("limit", list(Limit))
def test_a_scaled_rate_gives_back_what_it_promises(limit, scale):
    rate, base = rates(scale)[limit], RATES[limit]
    assert rate.tokens_per_fill / rate.fill_seconds == pytest.approx(base.per_second * scale, rel=0.05)
    assert rate.fill_seconds >= 0.05
    assert rate.burst >= 1


def test_scale_zero_means_no_limits():
    assert rates(0) == {}
