"""The one statement by which everything about a change of an order is written: a round trip each costs too much."""

from functools import cache

from jangteo.order.tallies import COUNTS

UPSERT = """
INSERT INTO order_views
    (order_id, member_id, number, status, version, total, placed_at, updated_at, body, tenant)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (order_id) DO UPDATE
SET status = excluded.status, version = excluded.version, updated_at = excluded.updated_at, body = excluded.body
"""
_STATUS = """
INSERT INTO order_statuses (order_id, tenant, status, placed_at) VALUES ({}, {}, {}, {})
ON CONFLICT (order_id) DO UPDATE SET status = excluded.status
"""
UPSERT_STATUS = _STATUS.format("$1", "$2", "$3", "$4")
_STATUS_OF_VIEW = _STATUS.format("$1", "$10", "$4", "$7")
# Where the version before is not there the new one is NULL, which the table refuses, and with it everything else.
_APPEND = """
INSERT INTO events (stream_id, at, tenant, version, id, type, data, actor, cause)
SELECT $1, $8, $10,
    CASE WHEN $11 = 0 OR EXISTS (SELECT FROM events WHERE stream_id = $1 AND version = $11) THEN $11 + ordinality END,
    id, type, data::jsonb, $15, $16
FROM unnest($12::uuid[], $13::text[], $14::text[]) WITH ORDINALITY AS new (id, type, data, ordinality)
"""
_FIXED = 16
_DEADLINES = """,
added AS (
    INSERT INTO deadlines (tenant, order_id, kind, due_at)
    SELECT $10, $1, kind, due_at FROM unnest($17::text[], $18::timestamptz[]) AS new (kind, due_at)
    ON CONFLICT (order_id, kind) DO UPDATE SET due_at = excluded.due_at, tries = 0),
gone AS (DELETE FROM deadlines WHERE order_id = $1 AND kind = ANY($19::text[]))"""


@cache
def saving(*, status: bool, deadlines: bool, tallies: bool) -> str:
    """Return the statement that writes events and view, and what else is named.

    Its values are the view's columns, the tenant, the version before, ids, types and data of the events, their actor
    and cause; with `deadlines` the new kinds, their times, and the kinds that are gone; with `tallies` an array for
    each field of a tally.
    """
    sql = f"WITH shown AS ({UPSERT})"
    if status:
        sql += f",\nstood AS ({_STATUS_OF_VIEW})"
    if deadlines:
        sql += _DEADLINES
    if tallies:
        first = _FIXED + 1 + (3 if deadlines else 0)
        arrays = ", ".join(f"${first + 1 + place}::bigint[]" for place in range(len(COUNTS)))
        sql += f""",
counted AS (
    INSERT INTO order_tallies (tenant, hour, {", ".join(COUNTS)})
    SELECT $10, tally.* FROM unnest(${first}::timestamptz[], {arrays}) AS tally)"""
    return sql + _APPEND
