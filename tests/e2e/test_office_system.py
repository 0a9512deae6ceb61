"""The office's members, messages and system pages: what a role may not do is not shown, and not done by address."""

import asyncio
import json
import re
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from office_visitor import Desk, account_of

from jangteo.kit.bus import Outgoing, connect
from jangteo.stack.buyer import PASSWORD, Buyer

AREAS = {"/office/members", "/office/messages", "/office/roles", "/office/system"}
SHOWN_TO = {
    "owner": AREAS,
    "staff": {"/office/members", "/office/messages"},
    "support": {"/office/members", "/office/messages"},
    "orders": {"/office/messages"},
    "goods": set(),
}
STUCK = "user.link_asked.v1"


@pytest.fixture
async def desk(mall):
    """Makes somebody of staff, logged in; the demo password is right for all of them."""
    open_desks = []

    async def make(role, language="ko"):
        made = Desk(mall.url, language)
        open_desks.append(made)
        await made.log_in(account_of(mall, role))
        return made

    yield make
    for one in open_desks:
        await one.http.aclose()


@pytest.fixture(scope="module")
async def member(mall, web):
    """Somebody with a name, an address and a mail."""
    someone = Buyer(mall.url, session=web)
    await someone.sign_up()
    return someone


@pytest.mark.parametrize("role", SHOWN_TO)
async def test_the_side_shows_what_a_role_may_enter_and_the_rest_is_closed_by_address(desk, role):
    visitor = await desk(role)
    shown = await visitor.open("/office")
    links = set(re.findall(r'<a href="(/office/[a-z-]+)"', shown))
    assert links & AREAS == SHOWN_TO[role]
    for path in sorted(AREAS):
        await visitor.open(path, status=200 if path in SHOWN_TO[role] else 403)
    await visitor.open("/office")
    if "/office/system" not in SHOWN_TO[role]:
        await visitor.open("/office/system/queues/user", status=403)
        await visitor.send("/office/system/queues/user/replays", status=403, all="1")


async def test_a_guest_is_led_to_the_log_in_and_a_customer_sees_no_office(mall, member):
    guest = Desk(mall.url)
    answer = await guest.http.get("/office/members")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Foffice%2Fmembers")
    await guest.open("/login")
    await guest.send("/login", email=member.email, password=PASSWORD, next="/")
    for path in sorted(AREAS):
        await guest.open(path, status=403)
    await guest.http.aclose()


async def test_a_member_is_found_by_the_whole_address_masked_and_shown_for_a_reason_only(desk, member):
    owner = await desk("owner")
    page = await owner.open("/office/members")
    answer = await owner.send("/office/members/search", status=200, email=member.email[:5] + "@example.test")
    assert "이 이메일을 쓰는 회원이 없습니다" in answer.text
    await owner.send("/office/members/search", status=200, email=member.email)
    path = f"/office/members/{member.member['id']}"
    assert f'href="{path}"' in owner.page
    table = owner.page.partition("<tbody>")[2]
    assert member.email not in table
    page = await owner.open(path)
    assert member.email not in page
    assert "가려짐" in page
    refused = await owner.send(f"{path}/disclosure", status=422, reason="x")
    assert 'aria-invalid="true"' in refused.text
    assert member.email not in refused.text
    seen = await owner.send(f"{path}/disclosure", status=200, reason="배송지 확인 전화")
    assert member.email in seen.text
    assert seen.headers["cache-control"] == "no-store"
    assert member.email not in await owner.open(path)


async def test_support_sees_members_masked_and_is_offered_neither_unmasking_nor_roles(desk, member):
    support = await desk("support", language="en")
    path = f"/office/members/{member.member['id']}"
    page = await support.open(path)
    assert "Masked" in page
    assert "/disclosure" not in page
    assert f'action="{path}/roles"' not in page
    await support.send(f"{path}/disclosure", status=403, reason="because I am curious")
    await support.send(f"{path}/roles", status=403, roles="owner")


async def test_roles_are_given_and_taken_and_the_last_owner_stays(desk, member, owner):
    boss = await desk("owner")
    path = f"/office/members/{member.member['id']}"
    await boss.open(path)
    page = await boss.submit(f"{path}/roles", roles="goods")
    assert "역할을 바꾸었습니다" in page
    assert re.search(r'value="goods" checked', page)
    page = await boss.submit(f"{path}/roles")
    assert not re.search(r'value="goods" checked', page)
    own = f"/office/members/{owner.member['id']}"
    await boss.open(own)
    refused = await boss.send(f"{own}/roles", status=409, roles="staff")
    assert "마지막 소유자" in refused.text
    assert re.search(r'value="owner" checked', await boss.open(own))


async def test_of_two_owners_with_one_form_the_second_sees_both_versions_and_decides(desk, member, owner):
    first, second, name = await desk("owner"), await desk("owner"), f"desk-{uuid.uuid4().hex[:8]}"
    await first.open("/office/roles")
    await first.submit("/office/roles", name=name, permissions="orders.read")
    someone = f"/office/members/{member.member['id']}"
    for page, path, field, values in (
        (f"/office/roles/{name}", f"/office/roles/{name}", "permissions", ["messages.read", "stock.manage"]),
        (someone, f"{someone}/roles", "roles", [name, "goods"]),
    ):
        await first.open(page)
        await second.open(page)
        await first.submit(path, **{field: values[0]})
        stale = await second.send(path, status=409, **{field: values[1]})
        assert "그 사이 다른 사람이 수정했습니다" in stale.text
        assert "내 내용으로 저장" in stale.text
        assert re.findall(r'class="stale-(mine|theirs)">([^<]+)<', stale.text).count(("theirs", "있음")) == 1
        assert re.search(rf'value="{values[1]}" checked', stale.text)
        assert re.search(rf'value="{values[0]}" checked', await first.open(page))  # nothing is lost yet
        await second.submit(path, **{field: values[1]})
        assert re.search(rf'value="{values[1]}" checked', await first.open(page))
    await second.open(someone)
    await second.submit(f"{someone}/roles")


async def test_a_role_is_made_changed_and_removed_and_the_owners_stays(desk):
    boss, name = await desk("owner", language="en"), f"desk-{uuid.uuid4().hex[:8]}"
    page = await boss.open("/office/roles")
    assert "Every permission" in page
    refused = await boss.send("/office/roles", status=422, name="Not A Name", permissions="orders.read")
    assert 'aria-invalid="true"' in refused.text
    assert re.search(r'value="orders.read" checked', refused.text)
    page = await boss.submit("/office/roles", name=name, permissions="orders.read")
    assert f'href="/office/roles/{name}"' in page
    await boss.send("/office/roles", status=409, name=name, permissions="orders.read")
    await boss.open(f"/office/roles/{name}")
    await boss.submit(f"/office/roles/{name}", permissions="messages.read")
    page = await boss.open(f"/office/roles/{name}")
    assert re.findall(r'value="([a-z.]+)" checked', page) == ["messages.read"]
    page = await boss.submit(f"/office/roles/{name}/removal")
    assert f'href="/office/roles/{name}"' not in page
    await boss.open(f"/office/roles/{name}", status=404)
    await boss.open("/office/roles/goods")
    refused = await boss.send("/office/roles/goods/removal", status=409)
    assert "have this role" in refused.text
    await boss.send("/office/roles/owner", status=409, permissions="orders.read")


async def test_messages_are_found_and_read_masked_and_secrets_stay_their_recipients(desk, member, mails_to):
    await mails_to(member.email, 2)
    support = await desk("support", language="en")
    page = await support.open(f"/office/messages?member_id={member.member['id']}")
    assert member.email not in page
    assert "Welcome" in page
    narrowed = await support.open(f"/office/messages?member_id={member.member['id']}&kind=account.verify_email")
    [secret] = set(re.findall(r'href="(/office/messages/[0-9a-f-]{36})"', narrowed))
    told = await support.open(secret)
    assert "only its recipient may read it" in told
    assert "token=" not in told
    welcome = await support.open(f"/office/messages?member_id={member.member['id']}&kind=member.welcome")
    [path] = set(re.findall(r'href="(/office/messages/[0-9a-f-]{36})"', welcome))
    assert '<pre class="letter">' in await support.open(path)
    nothing = await support.open(f"/office/messages?member_id={member.member['id']}&last=2020-01-01")
    assert "No message is like that" in nothing
    await support.open(f"/office/messages/{uuid.uuid4()}", status=404)


@pytest.fixture
async def stuck(mall):
    """Two messages that the user service cannot read, parked; gone at the end."""
    bus = await connect(mall.site.bus_url, name="office test")
    ids = [str(uuid.uuid4()) for _ in range(2)]
    for id in ids:
        envelope = {"specversion": "1.0", "id": id, "source": "test", "type": STUCK, "tenant": "demo"}
        more = {"time": "2026-01-01T00:00:00Z", "partitionkey": id, "data": {}}
        await bus.publish([Outgoing(id, STUCK, id, json.dumps(envelope | more).encode())])

    async def parked():
        return {one.id for one in await bus.parked("user")} & set(ids)

    async with asyncio.timeout(60):
        while True:
            if len(await parked()) == 2:
                break
            await asyncio.sleep(0.1)
    yield ids, parked
    await bus.discard("user", ids)
    await bus.close()


async def test_the_system_page_shows_all_services_and_parked_messages_are_replayed_and_discarded(desk, stuck):
    ids, parked = stuck
    owner = await desk("owner")
    page = await owner.open("/office/system")
    for service in ("user", "order", "product", "gateway", "operations", "web"):
        assert re.search(rf'<th scope="row">{service}\b', page), service
    assert 'href="/office/system/queues/user"' in page
    path = "/office/system/queues/user"
    page = await owner.open(path)
    assert all(id in page for id in ids)
    nothing = await owner.send(f"{path}/replays", status=422)
    assert "메시지를 먼저 선택해 주세요" in nothing.text
    page = await owner.submit(f"{path}/replays", ids=ids[0])
    assert "1건을 다시 처리" in page
    async with asyncio.timeout(60):  # it cannot be read this time either
        while True:
            if len(await parked()) == 2:
                break
            await asyncio.sleep(0.1)
    await owner.open(path)
    refused = await owner.send(f"{path}/discards", status=422, ids=ids[0], reason="")
    assert 'aria-invalid="true"' in refused.text
    page = await owner.submit(f"{path}/discards", ids=ids[0], reason="읽을 수 없는 시험용 메시지")
    assert "1건을 버렸습니다" in page
    assert await parked() == {ids[1]}
    await owner.open("/office/system/queues/nothing-of-the-kind", status=404)
