"""What the database itself refuses or decides: the ledger, tenants, and the one rule that is a statement."""

import asyncpg
import msgspec
import pytest

from jangteo.kit.ids import new_id
from jangteo.payment import store
from jangteo.payment.domain import steps
from jangteo.payment.domain.moment import Moment, Patience
from jangteo.payment.states import IllegalMove, State

INSERT = """
INSERT INTO ledger_movements (tenant, payment_id, kind, reference, debit, credit, amount, currency, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'KRW', now())
"""
CAPTURE = ("provider_receivable", "customer_payments")
REFUND = ("customer_refunds", "provider_receivable")


@pytest.fixture
async def paid(buyer):
    one = buyer()
    await one.pay()
    return one


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_movements SET amount = 1 WHERE payment_id = $1",
        "DELETE FROM ledger_movements WHERE payment_id = $1",
    ],
)
async def test_the_ledger_only_grows(database, paid, statement):
    with pytest.raises(asyncpg.PostgresError, match="only grows"):
        async with database.transaction(paid.tenant) as tx:
            await tx.execute(statement, paid.payment_id)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments SET captured = captured + 1 WHERE id = $1",
        "UPDATE payments SET refunded = 1 WHERE id = $1",
        "UPDATE payments SET captured = 0 WHERE id = $1",
    ],
)
async def test_an_attempt_cannot_say_other_than_its_ledger(database, paid, statement):
    with pytest.raises(asyncpg.CheckViolationError):
        async with database.transaction(paid.tenant) as tx:
            await tx.execute(statement, paid.payment_id)


async def test_more_than_was_taken_can_be_neither_given_back_nor_promised(database, paid):
    with pytest.raises(asyncpg.CheckViolationError, match="never_back_more_than_taken"):
        async with database.transaction(paid.tenant) as tx:
            await tx.execute("UPDATE payments SET refunding = captured + 1 WHERE id = $1", paid.payment_id)


@pytest.mark.parametrize(
    ("kind", "accounts", "amount", "own"),
    [
        ("capture", CAPTURE, 12_900, True),  # a second time
        ("capture", CAPTURE, 12_900, False),  # under another name
        ("refund", REFUND, 1, False),  # that the attempt knows nothing of
        ("refund", CAPTURE, 1, False),  # the wrong way round
        ("refund", REFUND, 0, False),
        ("refund", REFUND, -1, False),
    ],
)
async def test_a_movement_that_does_not_belong_is_not_booked(database, paid, kind, accounts, amount, own):
    reference = paid.payment_id if own else new_id()
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with database.transaction(paid.tenant) as tx:
            await tx.execute(INSERT, paid.tenant, paid.payment_id, kind, reference, *accounts, amount)


async def test_all_entries_of_all_tenants_sum_to_zero(database, paid):
    async with database.system() as tx:
        assert await tx.fetchval("SELECT sum(amount) FROM ledger_entries") == 0
        unbalanced = "SELECT reference FROM ledger_entries GROUP BY kind, reference HAVING sum(amount) <> 0"
        assert await tx.fetch(unbalanced) == []


@pytest.mark.parametrize("table", ["payments", "ledger_movements", "ledger_entries", "orders"])
async def test_a_tenants_rows_are_hidden_from_another(database, paid, other_tenant, table):
    column = "order_id" if table == "orders" else "id" if table == "payments" else "payment_id"
    wanted = paid.order_id if table == "orders" else paid.payment_id
    for tenant, count in ((paid.tenant, 1), (other_tenant, 0)):
        async with database.read(tenant) as reader:
            found = await reader.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = $1", wanted)
        assert bool(found) == bool(count)


@pytest.mark.parametrize("unwanted", [False, True])
@pytest.mark.parametrize("state", State)
async def test_the_statement_that_begins_a_capture_decides_as_the_rule_does(database, buyer, state, unwanted):
    one = buyer()
    moment = Moment(now=database.clock.now(), patience=Patience(), refund_id=new_id())
    command = await one.authorise_command(method_token="tok_x")
    begun = steps.begin(one.tenant, command, moment)
    before = msgspec.structs.replace(begun, state=state, unwanted=unwanted, due_at=None)
    try:
        expected = steps.begin_capture(before, moment).attempt
    except IllegalMove:
        expected = None
    with pytest.raises(ZeroDivisionError):
        async with database.transaction(one.tenant) as tx:
            await store.insert(tx, before)
            decided = await store.begin_capture(tx, one.order_id, one.payment_id, moment.leased)
            raise ZeroDivisionError  # nothing of it may stay: the service at work would take it up
    if expected is None:
        assert decided is None
    else:
        expected = msgspec.structs.replace(expected, version=2, updated_at=decided.updated_at)
        assert decided == expected
