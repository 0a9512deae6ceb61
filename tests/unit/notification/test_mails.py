"""Every template is written in both languages, in text and HTML, with nothing missing."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from jangteo.contracts.order import MailLine, OrderSummary
from jangteo.contracts.user import Contact, UserRegistered
from jangteo.notification.domain import TEMPLATES, notice_of
from jangteo.notification.mail import MailWriter, local_time, money

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


def written(message_class, language):
    notice = notice_of(example(message_class), NOW)
    contact = Contact(member_id=ORDER.member_id, email="kim@example.test", name="김 <하나>", language=language)
    order = None if message_class is UserRegistered else ORDER
    writer = MailWriter(sender="Jangteo <no-reply@jangteo.test>", shop_url="http://shop.test/")
    return writer.write(ID, notice.template, contact, order, notice.facts)


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


def test_money_and_time_are_written_as_people_in_the_shop_write_them():
    assert money(39000, "KRW", "ko") == "39,000원"
    assert money(39000, "KRW", "en") == "₩39,000"
    assert money(1050, "USD", "en") == "10.50 USD"
    assert local_time(NOW, "ko") == "2026년 03월 01일 21:00"
