"""What the mall runs on: services, queues, and messages that got stuck, with the means to mend them."""

import asyncio
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from jangteo.web.forms import Form
from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

AREA, PATH, MANAGE = "system", "/office/system", "system.manage"
MEBIBYTE = 1024 * 1024


class Outbox(msgspec.Struct, frozen=True, kw_only=True):
    """Messages that are stored and not published yet."""

    waiting: int
    oldest_seconds: float
    refused: int


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One process."""

    ready: bool
    checks: dict[str, str]
    version: str = ""
    commit: str = ""
    started_at: datetime | None = None
    memory_bytes: int | None = None
    cpu_seconds: float | None = None
    address: str = ""

    @property
    def faults(self) -> dict[str, str]:
        """Return what is not well."""
        return {name: said for name, said in self.checks.items() if said != "ok"}

    @property
    def mebibytes(self) -> int | None:
        """Return its memory."""
        return None if self.memory_bytes is None else self.memory_bytes // MEBIBYTE


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One service; `status` is ok, degraded or down."""

    service: str
    status: str
    outbox: Outbox | None
    instances: list[Instance]


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/system/services."""

    status: str
    seen_at: datetime
    items: list[Service]


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """One consumer group."""

    group: str
    waiting: int
    in_hand: int
    redelivered: int
    parked: int


class Queues(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/system/queues."""

    items: list[Queue]


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A message that could not be handled."""

    id: UUID
    type: str
    key: str
    error: str
    attempts: int
    sent_at: datetime
    parked_at: datetime


class ParkedPage(msgspec.Struct, frozen=True, kw_only=True):
    """GET /v1/system/queues/{group}/parked."""

    group: str
    items: list[Parked]
    more: bool


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What became of messages."""

    replayed: int = 0
    discarded: int = 0


@get(PATH, include_in_schema=False)
async def system(visit: VisitOf) -> Response[bytes]:
    """Show services and queues as they are now."""
    visit.require(MANAGE)
    services, queues = await asyncio.gather(
        visit.mall.get("/v1/system/services", Services), visit.mall.get("/v1/system/queues", Queues)
    )
    return await office_page(visit, "office/system.html", area=AREA, services=services, queues=queues.items)


@get(f"{PATH}/queues/{{group:str}}", include_in_schema=False)
async def queue(visit: VisitOf, group: FromPath[str]) -> Response[bytes]:
    """Show the shop's messages that a group could not handle."""
    visit.require(MANAGE)
    return await _shown(visit, group, Form())


@post(f"{PATH}/queues/{{group:str}}/replays", include_in_schema=False)
async def replay(visit: VisitOf, group: FromPath[str]) -> Response[bytes]:
    """Hand the messages that are ticked, or all, to their group again."""
    visit.require(MANAGE)
    ids = visit.form.many("ids")
    if not ids and not visit.form.flag("all"):
        return await _refused(visit, group, visit.t("office_system.queue.none_ticked"))
    done = await _do(visit, group, "replays", {} if visit.form.flag("all") else {"ids": ids})
    if isinstance(done, Done):
        visit.flash("good", visit.t("office_system.queue.replayed", count=done.replayed))
        return visit.redirect(f"{PATH}/queues/{quote(group, safe='')}")
    return done


@post(f"{PATH}/queues/{{group:str}}/discards", include_in_schema=False)
async def discard(visit: VisitOf, group: FromPath[str]) -> Response[bytes]:
    """Throw the messages that are ticked away, for a reason."""
    visit.require(MANAGE)
    ids = visit.form.many("ids")
    if not ids:
        return await _refused(visit, group, visit.t("office_system.queue.none_ticked"))
    done = await _do(visit, group, "discards", {"ids": ids, "reason": visit.form.text("reason")})
    if isinstance(done, Done):
        visit.flash("good", visit.t("office_system.queue.discarded", count=done.discarded))
        return visit.redirect(f"{PATH}/queues/{quote(group, safe='')}")
    return done


async def _do(visit: Visit, group: str, what: str, body: dict[str, Any]) -> Done | Response[bytes]:
    try:
        return await visit.mall.post(f"/v1/system/queues/{quote(group, safe='')}/{what}", body, Done)
    except Problem as problem:
        if problem.status != 422:
            raise
        visit.form.refuse(problem)
        return await _shown(visit, group, visit.form, status=422)


async def _refused(visit: Visit, group: str, why: str) -> Response[bytes]:
    visit.form.summary = why
    return await _shown(visit, group, visit.form, status=422)


async def _shown(visit: Visit, group: str, form: Form, *, status: int = 200) -> Response[bytes]:
    page = await visit.mall.get(f"/v1/system/queues/{quote(group, safe='')}/parked", ParkedPage, size=100)
    return await office_page(visit, "office/queue.html", area=AREA, status=status, page=page, form=form)


ROUTES = [system, queue, replay, discard]
