"""What is sent by SMTP is kept, found and shown, and shown harmless."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import aiosmtplib
import pytest

from jangteo.sandbox.mailbox.main import assemble
from jangteo.sandbox.mailbox.settings import MailboxSettings

EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


@dataclass
class Mailbox:
    """A running mailbox, its senders and its readers."""

    url: str
    smtp_port: int
    http: aiohttp.ClientSession

    async def receive(self, to: str = "minsu@example.com", subject: str = "주문 접수", text: str = "안녕") -> None:
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, "shop@example.com", to
        message.set_content(text)
        message.add_alternative(f"<html><head></head><body><p>{text}</p></body></html>", subtype="html")
        await self.send(message)

    async def send(self, message: EmailMessage) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.smtp_port, start_tls=False) as client:
            await client.send_message(message)

    async def messages(self, query: str = "") -> list[dict[str, Any]]:
        async with self.http.get(f"{self.url}/api/messages{query}") as response:
            assert response.status == 200, await response.text()
            messages: list[dict[str, Any]] = (await response.json())["messages"]
            return messages

    async def page(self, path: str, **options: Any) -> tuple[aiohttp.ClientResponse, str]:
        async with self.http.get(self.url + path, **options) as response:
            return response, await response.text(errors="replace")


@pytest.fixture
def settings(free_port: int, bound: Any, tmp_path: Path) -> MailboxSettings:
    return MailboxSettings(
        service="mailbox",
        bus_url="",
        port=bound.getsockname()[1],
        smtp_port=free_port,
        state_dir=str(tmp_path),
        most_messages=5,
        largest_message=100_000,
    )


@pytest.fixture
async def mailbox(
    settings: MailboxSettings, http: aiohttp.ClientSession, serve: Any, bound: Any
) -> AsyncIterator[Mailbox]:
    async with assemble(settings) as application, serve(application, bound) as url:
        yield Mailbox(url, settings.smtp_port, http)


async def test_a_mail_is_kept_before_it_is_acknowledged_and_read_back_whole(mailbox: Mailbox) -> None:
    await mailbox.receive(text="김민수 님, 감사합니다.")
    [found] = await mailbox.messages()
    assert (found["from"], found["to"], found["subject"]) == ("shop@example.com", ["minsu@example.com"], "주문 접수")
    async with mailbox.http.get(f"{mailbox.url}/api/messages/{found['id']}") as response:
        whole = await response.json()
    assert whole["text"].strip() == "김민수 님, 감사합니다."
    assert "<p>김민수 님, 감사합니다.</p>" in whole["html"]
    assert whole["headers"]["To"] == "minsu@example.com"
    response, source = await mailbox.page(f"/messages/{found['id']}/source")
    assert source.startswith("Subject: =?utf-8?")
    assert response.headers["Content-Security-Policy"].startswith("sandbox;")


async def test_mails_are_found_newest_first_by_recipient_subject_and_what_was_seen(mailbox: Mailbox) -> None:
    await mailbox.receive(to="minsu@example.com", subject="주문 접수")
    await mailbox.receive(to="aminsu@example.com", subject="Order placed")
    await mailbox.receive(to="MINSU@example.com", subject="결제 완료")
    assert [mail["subject"] for mail in await mailbox.messages()] == ["결제 완료", "Order placed", "주문 접수"]
    mine = await mailbox.messages("?to=Minsu@example.com")
    assert [mail["subject"] for mail in mine] == ["결제 완료", "주문 접수"]
    assert len(await mailbox.messages("?to=minsu")) == 3
    assert [mail["subject"] for mail in await mailbox.messages("?subject=order")] == ["Order placed"]
    assert await mailbox.messages(f"?after={mine[0]['id']}") == []
    assert len(await mailbox.messages(f"?after={mine[1]['id']}&limit=1")) == 1


async def test_only_the_newest_are_kept(mailbox: Mailbox) -> None:
    for number in range(8):
        await mailbox.receive(subject=f"mail {number}")
    assert [mail["subject"] for mail in await mailbox.messages()] == [f"mail {number}" for number in (7, 6, 5, 4, 3)]


async def test_a_mail_that_comes_again_under_its_message_id_is_kept_once(mailbox: Mailbox) -> None:
    def mail(name: str | None, to: str = "minsu@example.com") -> EmailMessage:
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = "주문 접수", "shop@example.com", to
        if name is not None:
            message["Message-ID"] = name
        message.set_content("안녕")
        return message

    for again in (mail("<a@x>"), mail("<a@x>"), mail("<a@x>", "MINSU@example.com")):
        await mailbox.send(again)
    assert len(await mailbox.messages()) == 1
    for other in (mail("<b@x>"), mail("<a@x>", "sora@example.com"), mail(None), mail(None)):
        await mailbox.send(other)
    assert len(await mailbox.messages()) == 5


async def test_a_mail_that_is_too_large_is_refused(mailbox: Mailbox) -> None:
    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await mailbox.receive(text="x" * 100_000)
    assert refused.value.code == 552
    assert await mailbox.messages() == []


async def test_nothing_in_a_mail_can_act_on_the_page(mailbox: Mailbox) -> None:
    await mailbox.receive(subject=EVIL, text=EVIL)
    [found] = await mailbox.messages()
    for path in ("/", f"/messages/{found['id']}?view=text", f"/messages/{found['id']}?view=source", f"/?to={EVIL}"):
        response, text = await mailbox.page(path)
        assert response.status == 200
        assert "<script>alert" not in text
        assert "<img" not in text
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
    _, framed = await mailbox.page(f"/messages/{found['id']}")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in framed
    response, body = await mailbox.page(f"/messages/{found['id']}/html")
    assert "<script>alert(1)</script>" in body
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups ")
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


async def test_the_pages_speak_korean_and_english(mailbox: Mailbox) -> None:
    _, korean = await mailbox.page("/")
    _, english = await mailbox.page("/", headers={"Accept-Language": "en-US,en;q=0.9,ko;q=0.8"})
    _, chosen = await mailbox.page("/?lang=ko", headers={"Accept-Language": "en"})
    assert "메일이 없습니다." in korean
    assert "There are no mails." in english
    assert "메일이 없습니다." in chosen
    assert 'name="viewport"' in korean


async def test_the_list_is_read_page_by_page(
    settings: MailboxSettings, http: aiohttp.ClientSession, serve: Any, bound: Any
) -> None:
    from msgspec.structs import replace

    many = replace(settings, most_messages=2000)
    async with assemble(many) as application, serve(application, bound) as url:
        mailbox = Mailbox(url, many.smtp_port, http)
        for number in range(52):
            await mailbox.receive(subject=f"<mail {number}>")
        _, first = await mailbox.page("/")
        assert "&lt;mail 51&gt;" in first
        assert "&lt;mail 1&gt;" not in first
        oldest = (await mailbox.messages("?limit=50"))[-1]["id"]
        assert f"before={oldest}" in first
        _, second = await mailbox.page(f"/?before={oldest}")
        assert "&lt;mail 1&gt;" in second
        assert "&lt;mail 51&gt;" not in second


async def test_a_press_of_the_button_or_a_program_empties_it_but_no_other_site(mailbox: Mailbox) -> None:
    await mailbox.receive()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        async with mailbox.http.post(f"{mailbox.url}/clear", headers=headers) as response:
            assert response.status == 403
    assert len(await mailbox.messages()) == 1
    own = {"Origin": mailbox.url, "Sec-Fetch-Site": "same-origin"}
    async with mailbox.http.post(f"{mailbox.url}/clear", headers=own, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/")
    assert await mailbox.messages() == []
    await mailbox.receive()
    async with mailbox.http.delete(f"{mailbox.url}/api/messages") as response:
        assert await response.json() == {"deleted": 1}


@pytest.mark.parametrize("path", ["/messages/1", "/messages/1/html", "/api/messages/1"])
async def test_what_is_not_there_is_404(mailbox: Mailbox, path: str) -> None:
    response, _ = await mailbox.page(path)
    assert response.status == 404
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("query", ["?limit=0", "?limit=x", "?after=-1", "?after=" + "9" * 30])
async def test_a_wrong_query_is_400(mailbox: Mailbox, query: str) -> None:
    response, _ = await mailbox.page(f"/api/messages{query}")
    assert response.status == 400


async def test_kill_9_loses_no_mail_that_was_acknowledged(
    settings: MailboxSettings, process: Any, http: aiohttp.ClientSession
) -> None:
    running = process(
        "jangteo.sandbox.mailbox.main",
        {"JANGTEO_STATE_DIR": settings.state_dir, "JANGTEO_SMTP_PORT": str(settings.smtp_port)},
    )
    await running.start()
    mailbox = Mailbox(running.url, settings.smtp_port, http)
    acknowledged: list[str] = []

    async def receive(subject: str) -> None:
        try:
            await mailbox.receive(subject=subject)
        except (aiosmtplib.SMTPException, OSError):
            return
        acknowledged.append(subject)

    for life in range(2):
        calls = [asyncio.create_task(receive(f"mail {life}-{number}")) for number in range(15)]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        await running.stop(signal.SIGKILL)
        await asyncio.gather(*calls)
        await running.start()
    assert acknowledged
    assert set(acknowledged) <= {mail["subject"] for mail in await mailbox.messages("?limit=100")}
    assert await running.stop(signal.SIGTERM) == 0


async def test_without_its_smtp_server_it_says_what_to_install(settings: MailboxSettings) -> None:
    program = "import sys; sys.modules['aiosmtpd'] = None; from jangteo.sandbox.mailbox.main import main; main()"
    environment = {
        "JANGTEO_STATE_DIR": settings.state_dir,
        "JANGTEO_SMTP_PORT": str(settings.smtp_port),
        "JANGTEO_BUS_URL": "none://",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=os.environ | environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 2
    assert said.decode() == "mailbox: it needs aiosmtpd: pip install 'jangteo[embedded]'\n"
