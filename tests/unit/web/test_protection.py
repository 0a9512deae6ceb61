"""What keeps other sites' forms out, and visitors from being led astray."""

import pytest

from jangteo.kit.settings import SettingsError
from jangteo.web import protection
from jangteo.web.company import DEMO, companies
from jangteo.web.mall import Gateway, Mall, Visitor
from jangteo.web.session import Session
from jangteo.web.visit import Visit, inside

KEY, OTHER = b"k" * 16, b"o" * 16


def test_a_token_holds_for_its_visitor_only_and_is_another_each_time():
    one, two = protection.token(KEY), protection.token(KEY)
    assert one != two
    assert protection.holds(one, KEY)
    assert protection.holds(two, KEY)
    assert not protection.holds(one, OTHER)


@pytest.mark.parametrize("given", ["", "x", "=", "한글", "A" * 43, "A" * 400])
def test_what_is_no_token_does_not_hold(given):
    assert not protection.holds(given, KEY)


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({}, True),
        ({b"sec-fetch-site": b"same-origin"}, True),
        ({b"sec-fetch-site": b"cross-site"}, False),
        ({b"sec-fetch-site": b"same-site"}, False),
        ({b"host": b"shop.example", b"origin": b"https://shop.example"}, True),
        ({b"host": b"shop.example", b"origin": b"https://shop.example.evil"}, False),
        ({b"host": b"shop.example", b"origin": b"null"}, False),
    ],
)
def test_a_post_comes_from_a_page_of_ours(headers, is_ours):
    assert protection.is_from_here(headers) is is_ours


def test_a_session_that_is_renewed_has_another_id_and_another_key_of_forms():
    session = Session("demo", "a" * 43, kept=True)
    before = session.id, session.form_key()
    session.write("tokens", {"x": 1})
    session.renew()
    assert session.id != before[0]
    assert session.form_key() != before[1]
    assert session.previous == before[0]
    assert session.read("tokens", dict) == {"x": 1}


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "",
        "evil",
        "/a\nb",
        "/\t/evil",
        "//[",
        "//evil\u2100.example",
    ],
)
def test_nobody_is_led_to_another_site(path):
    assert inside(path) == "/"


def test_a_page_of_ours_is_gone_back_to():
    assert inside("/products/찻잔?option=a%20b") == "/products/찻잔?option=a%20b"


@pytest.mark.parametrize("is_htmx", [False, True])
def test_a_page_with_a_name_in_hangul_can_be_led_to(is_htmx):
    visitor, session = Visitor("shop.example", "https", "", "ko", "-"), Session("demo")
    mall = Mall(Gateway(*[None] * 5), visitor, session)
    visit = Visit(visitor, session, mall, DEMO, path="/", query="", theme="", is_htmx=is_htmx)
    answer = visit.redirect("/products/찻잔?option=a%20b&x=[1]#b").to_asgi_response(None, None)
    assert answer.headers["HX-Redirect" if is_htmx else "location"] == (
        "/products/%EC%B0%BB%EC%9E%94?option=a%20b&x=[1]#b"
    )


def test_a_shop_in_earnest_must_say_who_runs_it():
    assert companies("", ("demo",), is_local=True) == {"demo": DEMO}
    with pytest.raises(SettingsError, match="demo"):
        companies("", ("demo",), is_local=False)
    with pytest.raises(SettingsError):
        companies('{"demo": {"name": "x"}}', ("demo",), is_local=True)
