"""A mail with a secret in it: fetched when it is sent, sent once, and kept nowhere."""

import asyncio
from datetime import timedelta
from typing import get_args

import pytest

from jangteo.contracts.user import MailKind

SECRET = "c2VjcmV0LW9mLWEtbGluay10aGF0LW5vYm9keS1rZWVwcw"
EXAMPLES = {
    "new_email": "neu@example.test",
    "until": "2026-03-01T00:00:00+00:00",
    "at": "2026-03-01T00:00:00+00:00",
    "device": "Chrome, Windows",
    "provider": "Google",
    "marketing_email": "2026-03-01T00:00:00+00:00",
    "link": f"/account/verify-email#token={SECRET}",
}


async def content_of(member):
    """Return the newest mail to a member, as it lies in the mailbox."""
    http = member._world.http
    [newest, *_] = (await http.get(f"/api/messages?to={member.email}")).json()["messages"]
    return (await http.get(f"/api/messages/{newest['id']}")).json()


@pytest.mark.parametrize(("language", "mark"), [("ko", "[장터]"), ("en", "[Jangteo]")])
async def test_each_kind_of_mail_is_one_mail_in_the_members_language(member, language, mark):
    one = member(language)
    kinds = get_args(MailKind)
    for kind in kinds:
        await one.asks_for(kind, copies=3, **EXAMPLES)
    rows = await one.ends(len(kinds))
    assert {(row["status"], row["last_error"]) for row in rows} == {("sent", "")}
    subjects = await one.mails()
    assert len(subjects) == len(set(subjects)) == len(kinds)
    assert all(subject.startswith(mark) for subject in subjects)


async def test_the_link_leads_to_the_members_own_shop_in_text_and_html(member):
    one = member()
    await one.asks_for("verify_email", **EXAMPLES)
    await one.ends(1)
    mail = await content_of(one)
    link = f"http://{one.tenant}.localhost"
    for part in (mail["text"], mail["html"]):
        assert link in part
        assert f"/account/verify-email#token={SECRET}" in part


async def test_no_row_and_no_log_has_the_secret_in_it(member, database, notification, mailbox):
    one = member()
    await one.asks_for("reset_password", **EXAMPLES)
    await one.ends(1)
    async with database.read("*") as reader:
        rows = await reader.fetch("SELECT n::text AS whole FROM notifications n")
    assert not [row for row in rows if SECRET in row["whole"] or "neu@" in row["whole"]]
    assert SECRET not in notification.log() + mailbox.log()


async def test_a_mail_that_was_withdrawn_before_it_was_sent_is_not_sent(member, neighbours):
    one = member()
    neighbours.down = True
    try:
        id = await one.asks_for("verify_email", **EXAMPLES)
        while neighbours.asked[str(id)] == 0:  # noqa: ASYNC110  (a counter has no event)
            await asyncio.sleep(0.05)
        del neighbours.mails_asked[str(id)]
    finally:
        neighbours.down = False
    [row] = await one.ends(1)
    assert (row["status"], row["last_error"]) == ("dropped", "not_found")
    assert await one.mails() == []


async def test_a_mail_whose_link_has_expired_is_not_sent(member):
    one = member()
    await one.asks_for("reset_password", life=timedelta(seconds=-1), **EXAMPLES)
    [row] = await one.ends(1)
    assert row["status"] == "expired"
    assert await one.mails() == []


async def test_killed_between_the_acceptance_and_the_mark_a_mail_with_a_secret_is_one_mail(member, gate, killed):
    one = member()
    gate.hold()
    await one.asks_for("reset_password", **EXAMPLES)
    await gate.accepted.wait()
    gate.holding = False
    await killed()
    gate.release()
    [row] = await one.ends(1)
    assert row["status"] == "sent"
    assert len(await one.mails()) == 1
