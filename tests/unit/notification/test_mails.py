"""Every template is written in both languages, in text and HTML, with nothing missing."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default
from typing import get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import meta, nodes

from jangteo.contracts.order import MailLine, OrderSummary
from jangteo.contracts.user import Contact, MailKind, UserRegistered
from jangteo.notification.domain import TEMPLATES, notice_of, retry_delay
from jangteo.notification.mail import TEMPLATES as FOLDER
from jangteo.notification.mail import AddressUnusable, MailWriter, encoded, environment, local_time, money

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ID = UUID(int=7)
ORDER = OrderSummary(
    order_id=UUID(int=1),
    order_number="20260301-ABCDEFGH",
    member_id=UUID(int=2),
    status="paid",
    currency="KRW",
    items_total=78000,
    shipping_fee=3000,
    total=81000,
    placed_at=NOW,
    lines=[
        MailLine(sku="A-1", name_ko="린넨 <셔츠>", name_en="Linen <shirt>", option="L", quantity=2, unit_price=39000)
    ],
)
FACTS = {
    "reason": "card_declined",
    "retry_until": NOW,
    "carrier": "sandbox",
    "tracking_number": "123456789012",
    "refunded": 81000,
    "currency": "KRW",
    "amount": 1000,
    "refunded_in_all": 2000,
    "total": 81000,
    "lines": [],
    "cart_id": None,
    "skus": ["A-1"],
    "language": "ko",
}


def example(message_class):
    common = {"order_id": ORDER.order_id, "order_number": ORDER.order_number, "member_id": ORDER.member_id}
    values = {**FACTS, **common}
    return message_class(**{name: values[name] for name in message_class.__struct_fields__})


WRITER = MailWriter(sender="장터 <no-reply@jangteo.test>", public_url="http://shop.test:8080/", default_tenant="demo")


def parsed(mail):
    """Read a mail as whoever gets it does."""
    message = message_from_bytes(mail.content, policy=default)
    assert not message.defects
    assert mail.content.isascii()
    assert max(map(len, mail.content.split(b"\r\n"))) <= 200
    assert (mail.recipient, mail.subject) == (message["To"], message["Subject"])
    return message


def written(message_class, language):
    notice = notice_of(example(message_class), NOW)
    contact = Contact(member_id=ORDER.member_id, email="kim@example.test", name="김 <하나>", language=language)
    order = None if message_class is UserRegistered else ORDER
    return parsed(WRITER.write(ID, "demo", notice.template, contact, order, notice.facts, NOW))


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("message_class", list(TEMPLATES), ids=lambda cls: cls.type)
def test_every_notice_is_a_whole_mail_in_text_and_html(message_class, language):
    mail = written(message_class, language)
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert mail["To"] == "kim@example.test"
    assert mail["Subject"].strip()
    assert "{{" not in text + html
    assert html.lstrip().startswith("<!doctype html>")
    if message_class is not UserRegistered:
        assert ORDER.order_number in mail["Subject"]
        assert ("81,000원" if language == "ko" else "₩81,000") in text


def test_names_are_escaped_in_html_and_left_alone_in_text():
    mail = written(UserRegistered, "ko")
    assert "김 <하나>" in mail.get_body(("plain",)).get_content()
    assert "김 &lt;하나&gt;" in mail.get_body(("html",)).get_content()


def test_a_notice_sent_again_is_known_by_its_message_id():
    assert written(UserRegistered, "ko")["Message-ID"] == written(UserRegistered, "en")["Message-ID"]


def test_a_mail_is_of_the_form_that_other_mail_programs_expect():
    mail = written(UserRegistered, "ko")
    assert (mail["From"], mail["Date"].datetime) == ("장터 <no-reply@jangteo.test>", NOW)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=200))
def test_any_text_can_stand_in_a_header(text):
    lines = encoded(text).split("\r\n")
    assert all(len(line) <= 76 for line in lines) or text.isascii()
    assert str(make_header(decode_header("\r\n".join(lines)))) == text


@pytest.mark.parametrize("email", ["a@b\r\nBcc: c@d", "a b@c", "a@b\x00"])
def test_an_address_cannot_add_a_header(email):
    contact = Contact(member_id=ORDER.member_id, email=email, name="김", language="ko")
    with pytest.raises(AddressUnusable):
        WRITER.write(ID, "demo", "member.welcome", contact, None, {}, NOW)


def test_a_mail_leads_to_the_shop_that_it_comes_from():
    assert WRITER.shop_url("demo") == "http://shop.test:8080"
    assert WRITER.shop_url("other") == "http://other.localhost:8080"


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("message_class", list(TEMPLATES), ids=lambda cls: cls.type)
def test_no_template_asks_for_what_its_event_does_not_give_in_any_branch(message_class, language):
    notice = notice_of(example(message_class), NOW)
    given_to_all = {"contact", "order", "shop_url", "language", "layout"}
    source = (FOLDER / language / f"{notice.template}.j2").read_text()
    tree = environment(autoescape=False).parse(source)
    assert meta.find_undeclared_variables(tree) <= given_to_all | set(notice.facts)
    known = {"contact": Contact.__struct_fields__, "order": OrderSummary.__struct_fields__}
    for node in tree.find_all(nodes.Getattr):
        assert node.attr in known[node.node.name]
        assert node.node.name != "order" or message_class is not UserRegistered


ASKED = {
    "change_email_old": {"new_email": "neu@example.test"},
    "login_locked": {"until": NOW.isoformat()},
    "identity_linked": {"provider": "카카오"},
    "identity_unlinked": {"provider": "카카오"},
    "advertising_consent": dict.fromkeys(
        ("marketing_email", "marketing_sms", "marketing_push", "night_advertising"), NOW.isoformat()
    ),
    "new_device": {"device": "Chrome, Windows", "at": NOW.isoformat()},
}
LINKED = {"verify_email", "reset_password", "change_email_old", "change_email_new", "export_ready"}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("kind", get_args(MailKind))
def test_every_mail_that_the_user_service_asks_for_is_whole_and_asks_for_nothing_more(kind, language):
    facts = {"expires_at": NOW.isoformat(), **ASKED.get(kind, {})}
    if kind in LINKED:
        facts["link"] = "/account/do-it#token=abc_-123"
    contact = Contact(member_id=ORDER.member_id, email="kim@example.test", name="김 <하나>", language=language)
    mail = parsed(WRITER.write(ID, "demo", f"account.{kind}", contact, None, facts, NOW))
    for part in (mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()):
        assert "{{" not in part
        assert ("http://shop.test:8080/account/do-it#token=abc_-123" in part) == (kind in LINKED)
    tree = environment(autoescape=False).parse((FOLDER / language / f"account.{kind}.j2").read_text())
    given_to_all = {"contact", "shop_url", "language", "layout", "expires_at"}
    assert meta.find_undeclared_variables(tree) <= given_to_all | set(ASKED.get(kind, {}))


def test_what_failed_together_does_not_come_back_together():
    assert retry_delay(1, 0.0) == timedelta(seconds=2)
    assert retry_delay(1, 1.0) == timedelta(seconds=1)
    assert retry_delay(99, 0.0) == timedelta(minutes=10)
    assert len({retry_delay(3, chance / 10) for chance in range(10)}) == 10


def test_money_and_time_are_written_as_people_in_the_shop_write_them():
    assert money(39000, "KRW", "ko") == "39,000원"
    assert money(39000, "KRW", "en") == "₩39,000"
    assert money(1050, "USD", "en") == "10.50 USD"
    assert local_time(NOW, "ko") == "2026년 03월 01일 21:00"
