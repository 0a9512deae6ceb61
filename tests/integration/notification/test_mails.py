"""Every event is told once, to whom it concerns, in their language, whatever fails meanwhile."""

import asyncio
import random

import pytest

from jangteo.contracts.order import OrderDelivered, OrderPaid, OrderPlaced, OrderShipped
from jangteo.contracts.user import UserRegistered


@pytest.mark.parametrize(("language", "mark"), [("ko", "[장터]"), ("en", "[Jangteo]")])
async def test_each_event_is_one_mail_in_the_members_language(member, kinds, neighbours, language, mark):
    one = member(language)
    for kind in kinds:
        await one.hears_of(kind, copies=3)
    rows = await one.ends(len(kinds))
    assert {row["status"] for row in rows} == {"sent"}
    subjects = await one.mails()
    assert len(subjects) == len(set(subjects)) == len(kinds)
    assert all(subject.startswith(mark) for subject in subjects)


async def test_a_burst_about_one_order_asks_for_it_and_for_the_address_once(member, neighbours, gate):
    one = member()
    connections = gate.connections
    for kind in (OrderPlaced, OrderPaid, OrderShipped, OrderDelivered):
        await one.hears_of(kind)
    await one.mails(4)
    assert (neighbours.asked[str(one.id)], neighbours.asked[str(one.order_id)]) == (1, 1)
    assert gate.connections - connections <= 4


async def test_mails_wait_for_a_mail_server_that_is_down(member, gate):
    one = member()
    await gate.shut()
    try:
        await one.hears_of(OrderPaid)
        await one.ends(1, statuses=("pending",))
        while (await one.ends(0))[0]["last_error"] != "mail.unavailable":  # noqa: ASYNC110  (a row has no event)
            await asyncio.sleep(0.05)
        assert await one.mails() == []
    finally:
        await gate.open()
    assert len(await one.mails(1)) == 1
    await one.ends(1)


async def test_mails_wait_for_the_user_service(member, neighbours):
    one = member()
    neighbours.down = True
    try:
        await one.hears_of(OrderPaid)
        while neighbours.asked[str(one.id)] == 0:  # noqa: ASYNC110  (a counter has no event)
            await asyncio.sleep(0.05)
    finally:
        neighbours.down = False
    assert len(await one.mails(1)) == 1


async def test_a_member_who_is_gone_is_not_written_to(member, neighbours):
    one = member()
    del neighbours.members[str(one.id)]
    await one.hears_of(OrderDelivered)
    [row] = await one.ends(1)
    assert (row["status"], row["last_error"]) == ("dropped", "not_found")
    assert await one.mails() == []


async def test_a_recipient_whom_the_server_refuses_is_not_tried_again_and_not_named_in_any_log(member, notification):
    one = member(email="refused@example.test")
    await one.hears_of(OrderPaid)
    [row] = await one.ends(1)
    assert (row["status"], row["last_error"], row["attempts"]) == ("dropped", "mail.recipient_refused", 1)
    assert "refused@" not in notification.log()


async def test_news_that_are_too_old_are_not_told(member, database):
    one, other = member(), member()
    async with database.transaction(one.tenant) as transaction:
        await transaction.execute(
            "INSERT INTO notifications (id, tenant, event_id, channel, template, member_id, order_id, facts,"
            " created_at, due_at, expires_at) VALUES (gen_random_uuid(), $1, gen_random_uuid(), 'email',"
            " 'order.delivered', $2, $3, '{}', now() - interval '3 days', now(), now() - interval '1 day')",
            one.tenant,
            one.id,
            one.order_id,
        )
    await other.hears_of(OrderPaid)
    [row] = await one.ends(1)
    assert row["status"] == "expired"
    assert await one.mails() == []


async def test_killed_between_the_acceptance_of_a_mail_and_its_mark_it_is_one_mail(member, gate, killed):
    one = member()
    gate.hold()
    await one.hears_of(OrderPaid)
    await gate.accepted.wait()
    gate.holding = False
    await killed()
    gate.release()
    [row] = await one.ends(1)
    assert (row["status"], row["attempts"] >= 2) == ("sent", True)
    assert len(await one.mails()) == 1


async def test_killed_at_any_moment_under_load_every_event_is_one_mail(member, killed):
    dice = random.Random(3)
    members = [member(dice.choice(["ko", "en"])) for _ in range(25)]
    told = (UserRegistered, OrderPlaced, OrderPaid, OrderShipped)

    async def live(one):
        for kind in told:
            await asyncio.sleep(dice.random() * 2)
            await one.hears_of(kind, copies=dice.choice([1, 2]))

    async def killer():
        for _ in range(3):
            await asyncio.sleep(dice.random() * 1.5)
            await killed()

    await asyncio.gather(killer(), *(live(one) for one in members))
    for one in members:
        await one.ends(len(told))
        assert len(await one.mails()) == len(told)


async def test_the_list_is_ones_own_and_read_page_by_page(member, other_tenant):
    one, other = member(), member()
    for kind in (UserRegistered, OrderPlaced, OrderPaid):
        await one.hears_of(kind)
        await one.ends(1)
    await one.ends(3)
    seen, cursor = [], ""
    while cursor is not None:
        page = (await one.told(f"?size=2{cursor and f'&cursor={cursor}'}")).json()
        seen += [item["template"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == ["member.welcome", "order.paid", "order.placed"]
    assert (await other.told()).json() == {"items": [], "next_cursor": None}
    stranger = member(tenant=other_tenant)
    stranger.id = one.id
    assert (await stranger.told()).json()["items"] == []
    for query in ("?size=0", "?size=101", "?cursor=x"):
        assert (await one.told(query)).status_code == 422


async def test_no_log_and_no_row_has_an_address_in_it(member, notification, mailbox, database):
    one = member()
    await one.hears_of(OrderPaid)
    await one.ends(1)
    assert "@example.test" not in notification.log() + mailbox.log()
    async with database.read("*") as reader:
        rows = await reader.fetch("SELECT n::text AS whole FROM notifications n")
    assert not [row for row in rows if "@example.test" in row["whole"] or "김민수" in row["whole"]]
