"""The address book: canonical, one default, and nobody else's."""

import asyncio
import uuid

import pytest

PATH = "/v1/members/me/addresses"
HOME = {
    "label": "집",
    "recipient": "홍길동",
    "phone": "010 1234 5678",
    "zip": "04524",
    "address1": "서울특별시 중구  세종대로 110",
    "address2": "3층",
}


async def book(someone):
    return (await someone.call("GET", PATH)).json()["items"]


async def test_an_address_is_kept_in_canonical_form(member):
    someone = await member()
    made = await someone.call("POST", PATH, HOME)
    assert made.status_code == 201
    body = made.json()
    assert (body["phone"], body["address1"], body["note"]) == ("+821012345678", "서울특별시 중구 세종대로 110", "")
    assert await book(someone) == [body]


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"zip": "4524"}, "zip", "zip.invalid"),
        ({"zip": "123-456"}, "zip", "zip.invalid"),
        ({"zip": "０４５２４"}, "zip", "zip.invalid"),
        ({"zip": 4524}, "zip", "field.type"),
        ({"phone": "010-1234"}, "phone", "phone.invalid"),
        ({"address1": ""}, "address1", "address.line"),
        ({"address1": "x\x00y"}, "address1", "address.line"),
        ({"address2": "x" * 101}, "address2", "address.line"),
        ({"recipient": "\u202e"}, "recipient", "name.invalid"),
        ({"is_default": 1}, "is_default", "field.type"),
        ({"country": "KR"}, "country", "field.unknown"),
    ],
)
async def test_a_bad_address_names_the_field(member, changed, field, code):
    someone = await member()
    for method, path in (("POST", PATH), ("PUT", f"{PATH}/{uuid.uuid4()}")):
        answer = await someone.call(method, path, {**HOME, **changed})
        assert answer.status_code == 422
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
    assert await book(someone) == []


async def test_exactly_one_address_is_the_default(member):
    someone = await member()
    ids = [
        (await someone.call("POST", PATH, {**HOME, "label": label})).json()["id"] for label in ("집", "회사", "부모님")
    ]
    assert [(one["id"], one["is_default"]) for one in await book(someone)] == [
        (ids[0], True),
        (ids[2], False),
        (ids[1], False),
    ]
    changed = await someone.call("PUT", f"{PATH}/{ids[1]}", {**HOME, "label": "새 회사", "is_default": True})
    assert changed.json()["is_default"]
    assert [one["id"] for one in await book(someone) if one["is_default"]] == [ids[1]]
    # Saying that the default is not one does not leave the book without.
    await someone.call("PUT", f"{PATH}/{ids[1]}", {**HOME, "label": "회사"})
    assert [one["id"] for one in await book(someone) if one["is_default"]] == [ids[1]]
    assert (await someone.call("DELETE", f"{PATH}/{ids[1]}")).status_code == 204
    assert [one["id"] for one in await book(someone) if one["is_default"]] == [ids[2]]
    assert (await someone.call("DELETE", f"{PATH}/{ids[1]}")).status_code == 404


async def test_the_same_address_sent_again_is_the_same_one(member):
    someone = await member()
    answers = await asyncio.gather(*(someone.call("POST", PATH, HOME) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = (await someone.call("POST", PATH, {**HOME, "label": "회사"})).json()["id"]
    again = await someone.call("PUT", f"{PATH}/{other}", HOME)
    assert (again.status_code, again.json()["code"]) == (409, "address.duplicate")


async def test_many_defaults_at_once_leave_one(member):
    someone = await member()
    bodies = [{**HOME, "label": f"곳 {number}", "is_default": True} for number in range(8)]
    answers = await asyncio.gather(*(someone.call("POST", PATH, body) for body in bodies))
    assert {answer.status_code for answer in answers} == {201}
    assert [one["is_default"] for one in await book(someone)] == [True] + [False] * 7


async def test_the_book_has_an_end(member):
    someone = await member()
    answers = await asyncio.gather(*(someone.call("POST", PATH, {**HOME, "label": f"{n}"}) for n in range(24)))
    assert sorted(answer.status_code for answer in answers) == [201] * 20 + [409] * 4
    assert len(await book(someone)) == 20
    known = await book(someone)
    body = {**HOME, "label": known[3]["label"]}
    assert (await someone.call("POST", PATH, body)).json()["id"] == known[3]["id"]


async def test_an_address_of_somebody_else_is_not_there(member, other_tenant):
    owner, neighbour, stranger = await member(), await member(), await member(tenant=other_tenant)
    id = (await owner.call("POST", PATH, HOME)).json()["id"]
    for someone in (neighbour, stranger):
        assert (await someone.call("PUT", f"{PATH}/{id}", HOME)).status_code == 404
        assert (await someone.call("DELETE", f"{PATH}/{id}")).status_code == 404
        assert await book(someone) == []
    assert len(await book(owner)) == 1
    assert (await owner.call("DELETE", f"{PATH}/not-a-uuid")).status_code == 404
