"""Any mail can be read, however it was written, and none makes the reader fail."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jangteo.sandbox.mailbox.reading import content_of, opened_elsewhere, subject_and_name_of


def mail() -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = "주문이 접수되었습니다 (2026-0001)"
    message["From"] = "장터 <shop@example.com>"
    message["To"] = "김민수 <minsu@example.com>"
    message.set_content("감사합니다.\n")
    message.add_alternative("<p>감사합니다.</p>", subtype="html")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="영수증.pdf")
    return message


def test_a_korean_mail_of_text_page_and_attachment_is_read_whole() -> None:
    raw = mail().as_bytes()
    content = content_of(raw)
    assert subject_and_name_of(raw)[0] == "주문이 접수되었습니다 (2026-0001)"
    assert content.text == "감사합니다.\n"
    assert content.html.strip() == "<p>감사합니다.</p>"
    assert content.headers["From"] == "장터 <shop@example.com>"
    assert [(each.name, each.type, each.size) for each in content.attachments] == [("영수증.pdf", "application/pdf", 5)]


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_whatever_is_sent_is_read(raw: bytes) -> None:
    assert "\n" not in subject_and_name_of(raw)[0]
    assert isinstance(content_of(raw).text, str)


@given(st.sampled_from(["Subject", "From", "Content-Type", "Content-Disposition", "Date"]), st.binary(max_size=80))
def test_whatever_a_header_says_the_mail_is_read(name: str, value: bytes) -> None:
    raw = name.encode() + b": " + value.replace(b"\n", b" ").replace(b"\r", b" ") + b"\r\n\r\nwords"
    assert isinstance(subject_and_name_of(raw)[0], str)
    assert isinstance(content_of(raw).headers, dict)


@pytest.mark.parametrize(
    ("page", "opened"),
    [
        ("<p>a</p>", '<base target="_blank"><p>a</p>'),
        ('<html><head lang="ko"><title>a</title>', '<html><head lang="ko"><base target="_blank"><title>a</title>'),
    ],
)
def test_links_open_outside_the_frame(page: str, opened: str) -> None:
    assert opened_elsewhere(page) == opened
