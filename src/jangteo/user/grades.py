"""Grades of members by what they bought lately, net of what they were given back.

A grade is never stored: it is reckoned from the orders of the span when it is asked for, so that it is right as time
passes, and a message that comes twice, late or before another changes nothing. Amounts are minor units of KRW.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from jangteo.kit import audit
from jangteo.kit.audit import Entry
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Invalid
from jangteo.kit.postgres import Database, Reader, Transaction
from jangteo.user.account_schemas import GradeIn, GradeOut, GradesOut, MyGrade

MANAGE_MEMBERS = "members.manage"
_SPAN_DAYS = 180
_BEGINNING = (
    GradeIn(code="basic", name_ko="일반", name_en="Basic", threshold=0),
    GradeIn(code="silver", name_ko="실버", name_en="Silver", threshold=300_000),
    GradeIn(code="gold", name_ko="골드", name_en="Gold", threshold=1_000_000),
    GradeIn(code="vip", name_ko="VIP", name_en="VIP", threshold=3_000_000),
)
# Each event says the whole, so the largest word holds, in any order.
_NOTE = """
INSERT INTO purchases AS mine (tenant, order_id, member_id, paid, refunded, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant, order_id) DO UPDATE SET paid = greatest(mine.paid, $4), refunded = greatest(mine.refunded, $5),
    at = least(mine.at, $6)
"""
_NET = """
SELECT coalesce(sum(greatest(paid - refunded, 0)), 0)::bigint FROM purchases
WHERE tenant = $1 AND member_id = $2 AND at > $3 AND paid > 0
"""


class GradesInvalid(Invalid):
    """Grades need different codes and thresholds, the lowest of them 0."""

    code = "grades.invalid"
    ko = "등급의 코드와 기준 금액은 서로 달라야 하고, 가장 낮은 기준은 0이어야 합니다."
    en = "Grades need different codes and thresholds, and the lowest threshold must be 0."


class Grades:
    """The grades of all tenants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(
        self, transaction: Transaction, order: UUID, member: UUID, *, paid: int = 0, refunded: int = 0
    ) -> None:
        """Note what an order was paid, or given back, in all."""
        now = transaction.clock.now()
        await transaction.execute_last(_NOTE, transaction.tenant, order, member, paid, refunded, now)

    async def every(self, tenant: str) -> GradesOut:
        """Return the shop's grades, the lowest first."""
        async with self._database.read(tenant) as reader:
            return await _grades(reader)

    async def replace(self, caller: Caller, grades: list[GradeIn], span_days: int) -> GradesOut:
        """Let the shop have exactly these grades, reckoned over the last `span_days`. Raises GradesInvalid."""
        tenant, thresholds = caller.tenant, [one.threshold for one in grades]
        if min(thresholds) != 0 or len(set(thresholds)) < len(grades) or len({g.code for g in grades}) < len(grades):
            raise GradesInvalid(field="items")
        async with self._database.transaction(tenant) as transaction:
            # Two who replace them at once do so one after the other.
            await transaction.fetchval("SELECT pg_advisory_xact_lock(hashtext('grades:' || $1))", tenant)
            await transaction.execute("DELETE FROM grades WHERE tenant = $1", tenant)
            await transaction.executemany(
                "INSERT INTO grades (tenant, code, name_ko, name_en, threshold, span_days)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                [(tenant, one.code, one.name_ko, one.name_en, one.threshold, span_days) for one in grades],
            )
            await audit.record(transaction, Entry(by=caller, action="grades.replaced", details={"grades": len(grades)}))
            return await _grades(transaction)

    async def of(self, tenant: str, member: UUID) -> MyGrade:
        """Return a member's grade now, and the amount that it comes from."""
        async with self._database.read(tenant) as reader:
            return await grade_of(reader, member, self._database.clock.now())


async def grade_of(reader: Reader, member: UUID, now: datetime) -> MyGrade:
    """Return a member's grade at `now`, and the amount that it comes from."""
    known = await _grades(reader)
    net = await reader.fetchval(_NET, reader.tenant, member, now - timedelta(days=known.span_days))
    grade = max((one for one in known.items if one.threshold <= net), key=lambda one: one.threshold)
    return MyGrade(grade=grade, amount=net, span_days=known.span_days)


async def _grades(reader: Reader) -> GradesOut:
    rows: list[Any] = await reader.fetch(
        "SELECT code, name_ko, name_en, threshold, span_days FROM grades WHERE tenant = $1 ORDER BY threshold",
        reader.tenant,
    )
    items = [GradeOut(row["code"], row["name_ko"], row["name_en"], row["threshold"]) for row in rows]
    beginning = [GradeOut(one.code, one.name_ko, one.name_en, one.threshold) for one in _BEGINNING]
    return GradesOut(items=items or beginning, span_days=rows[0]["span_days"] if rows else _SPAN_DAYS)
