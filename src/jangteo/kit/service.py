"""A service with a database of its own: what each of them opens before its own parts, and what once they are there."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from litestar.types import ControllerRouterHandler

from jangteo.kit import audit
from jangteo.kit.auth import TokenVerifier
from jangteo.kit.background import running
from jangteo.kit.clock import Clock
from jangteo.kit.http.app import create_app
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.http.health import Check
from jangteo.kit.inbox import Handler, subscribe
from jangteo.kit.messages import Message
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import Database, open_database
from jangteo.kit.process import Foundation, open_foundation
from jangteo.kit.settings import ServiceSettings


class Premises(NamedTuple):
    """Where a service's parts are put up."""

    foundation: Foundation
    database: Database


@asynccontextmanager
async def open_premises(
    settings: ServiceSettings,
    database_url: str,
    audit_key: str,
    *,
    clock: Clock | None = None,
    max_size: int = 10,
    plan_once: bool = False,
) -> AsyncIterator[Premises]:
    """Connect to the bus, the registry and the database; keep the audit trail; relay what the outbox holds.

    `max_size` connections at most; `plan_once` as in `open_database`. Raises Unavailable where one does not answer.
    """
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(open_foundation(settings))
        database = await stack.enter_async_context(
            open_database(database_url, clock=clock, max_size=max_size, plan_once=plan_once)
        )
        audit.keep(database, settings.service, audit_key)
        await stack.enter_async_context(running(Relay(database, foundation.bus, source=settings.service)))
        yield Premises(foundation, database)


@asynccontextmanager
async def opened(
    settings: ServiceSettings,
    premises: Premises,
    routes: Sequence[ControllerRouterHandler],
    heard: Mapping[type[Message], Handler],
    given: Mapping[str, object],
    *,
    checks: Mapping[str, Check] | None = None,
    verifier: TokenVerifier | None = None,
) -> AsyncIterator[Entrance]:
    """Listen to the messages of `heard`, enter the registry, and yield the app; leave and stop listening at the end.

    Routes are given each of `given` by its name. The database is checked beside `checks`; a broker that is away is
    tolerated. Tokens are those of the user service unless there is a `verifier`.
    """
    foundation, database = premises
    async with AsyncExitStack() as stack:
        subscription = await subscribe(foundation.bus, database, settings.service, heard)
        stack.push_async_callback(subscription.stop)
        await stack.enter_async_context(foundation.registered())
        yield create_app(
            settings,
            routes,
            title=settings.service.capitalize(),
            dependencies=given,
            checks={"database": database.check, **(checks or {})},
            tolerated={"bus": foundation.bus.check},
            verifier=verifier or foundation.verifier(),
            identity=foundation.identity,
        )
