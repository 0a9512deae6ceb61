"""What the payment service keeps of a payer who leaves: the books, and what the law has kept; no card, no link."""

import pytest
from forgetting import ask, leaving

from jangteo.contracts.payment import PaymentAuthorised, PaymentCancelled
from jangteo.contracts.people import PaymentPersonErased
from jangteo.contracts.retention import CONTRACT_PAYMENT

ROW = "SELECT method_token, action_url, card_brand, card_last4 FROM payments WHERE id = $1"
BOOKS = "SELECT * FROM ledger_entries WHERE payment_id = $1 ORDER BY kind, account"


@pytest.fixture(scope="module")
async def leavers(payment, settings):
    async with leaving(settings.bus_url, PaymentPersonErased) as taking_part:
        yield taking_part


@pytest.fixture
def question(servers, payment):
    async def answer(one, what, service="user"):
        return await ask(servers, payment.url, one.tenant, what.format(member=one.member_id), service)

    return answer


async def rows(database, one, sql, *arguments):
    async with database.read(one.tenant) as reader:
        return [tuple(row) for row in await reader.fetch(sql, *arguments)]


async def test_the_books_stay_and_the_card_is_gone(buyer, leavers, question, database):
    one = buyer()
    await one.pay()
    (told,) = (await question(one, "people/{member}/data")).json()["data"]["payments"]
    assert (told["captured"], told["card_last4"]) == (12_900, "4242")
    standing = (await question(one, "people/{member}/holds")).json()
    assert (standing["holds"], [kept["purpose"] for kept in standing["keeps"]]) == ([], [CONTRACT_PAYMENT])
    before = await rows(database, one, BOOKS, one.payment_id)
    assert before
    first, second = await leavers.forgotten(one.tenant, one.member_id, times=2)
    assert (first.destroyed["cards"], first.kept) == (1, {CONTRACT_PAYMENT: 1})
    assert (second.destroyed, second.kept, second.at) == (first.destroyed, first.kept, first.at)
    assert await rows(database, one, ROW, one.payment_id) == [(None, None, None, None)]
    assert await rows(database, one, BOOKS, one.payment_id) == before
    (record,) = (await question(one, f"legal-records?purpose={CONTRACT_PAYMENT}")).json()["items"]
    assert (record["content"]["captured"], record["content"]["card_last4"]) == (12_900, "4242")


async def test_a_payment_under_way_holds_its_payer_who_is_forgotten_once_it_is_settled(
    buyer, leavers, question, database
):
    one = buyer()
    await one.authorise()
    await one.until(PaymentAuthorised)
    (hold,) = (await question(one, "people/{member}/holds")).json()["holds"]
    assert (hold["code"], hold["reference"]) == ("payment.open", "20260101-0001")
    withdrawal = await leavers.tell(one.tenant, one.member_id)
    await one.cancel()
    await one.until(PaymentCancelled)
    (answer,) = await leavers.answered(withdrawal)
    # Nothing was taken, so nothing has to be kept.
    assert (answer.destroyed["cards"], answer.kept) == (1, {CONTRACT_PAYMENT: 0})
    assert await rows(database, one, ROW, one.payment_id) == [(None, None, None, None)]


async def test_only_the_user_service_may_ask(buyer, question):
    for what in ("people/{member}/data", "people/{member}/holds", f"legal-records?purpose={CONTRACT_PAYMENT}"):
        assert (await question(buyer(), what, service="order")).status_code == 403
