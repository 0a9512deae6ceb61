"""No table of any service names a person, or keeps anything sealed, without its service knowing how to forget it."""

import asyncpg
import pytest

from jangteo.kit.people import NAMING_COLUMNS, SEALED_SUFFIX
from jangteo.notification.people import NotificationPeople
from jangteo.order.people import OrderPeople
from jangteo.payment.people import PaymentPeople
from jangteo.shipping.people import ShippingPeople
from jangteo.stack.environment import DATABASES
from jangteo.user.rights.personal import UserPeople

COVERED = {
    "user": UserPeople.covers,
    "order": OrderPeople.covers,
    "payment": PaymentPeople.covers,
    "shipping": ShippingPeople.covers,
    "notification": NotificationPeople.covers,
    # Staff only, under an id, for the 24 hours of an Idempotency-Key.
    "operations": {},
    # Staff only, under an id.
    "product": {"idempotency": "deleted after a day", "imports": "deleted after 90 days"},
}
# The kit's own, the same everywhere: the keys that are destroyed, the proofs, what the law has kept, and who of staff
# looked at whom (ids only; 안전성 확보조치 기준 §8).
KIT = {"person_keys", "person_erasures", "legal_records", "audit_entries"}
FINDING = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND (column_name = ANY($1) OR column_name LIKE '%' || $2)
"""


def offenders(service, rows, covered):
    return {(service, table, column) for table, column in rows if table not in KIT and table not in covered}


async def tables_about_people(servers, service):
    connection = await asyncpg.connect(servers.url("postgres", service, owner=True))
    try:
        return [tuple(row) for row in await connection.fetch(FINDING, list(NAMING_COLUMNS), SEALED_SUFFIX)]
    finally:
        await connection.close()


@pytest.mark.parametrize("service", DATABASES)
async def test_every_table_about_a_person_is_covered(servers, database_for, service):
    database_for(service)
    rows = await tables_about_people(servers, service)
    assert rows
    assert offenders(service, rows, COVERED[service]) == set()


async def test_the_walk_finds_a_table_that_nobody_covers(servers, database_for):
    database_for("peoplewalk")
    connection = await asyncpg.connect(servers.url("postgres", "peoplewalk", owner=True))
    await connection.execute("CREATE TABLE wishes (tenant text, member_id uuid)")
    await connection.execute("CREATE TABLE letters (tenant text, text_sealed text)")
    await connection.close()
    rows = await tables_about_people(servers, "peoplewalk")
    assert {table for _, table, _ in offenders("peoplewalk", rows, {})} == {"wishes", "letters"}


@pytest.mark.parametrize("service", sorted(COVERED))
async def test_what_is_said_to_be_covered_exists(servers, database_for, service):
    database_for(service)
    connection = await asyncpg.connect(servers.url("postgres", service, owner=True))
    tables = {row[0] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    await connection.close()
    assert set(COVERED[service]) <= tables
