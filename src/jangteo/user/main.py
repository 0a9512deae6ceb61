"""Wires the user service."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from jangteo.kit import audit, inbox
from jangteo.kit.auth import TokenVerifier
from jangteo.kit.clock import Clock
from jangteo.kit.http.app import create_app
from jangteo.kit.inbox import subscribe
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import LEGAL, WRAP, for_index, for_mac, open_vault
from jangteo.kit.process import open_foundation, run
from jangteo.kit.pruning import pruning
from jangteo.kit.superseded import Superseded
from jangteo.kit.valkey import open_valkey
from jangteo.user.address_store import AddressBooks
from jangteo.user.api import ROUTES
from jangteo.user.commands.addresses import AddressBook
from jangteo.user.commands.consents import Consents
from jangteo.user.commands.devices import Devices
from jangteo.user.commands.email import Email
from jangteo.user.commands.identities import ByProvider
from jangteo.user.commands.links import Links
from jangteo.user.commands.looking_up import LookingUp
from jangteo.user.commands.membership import Membership
from jangteo.user.commands.passwords import PasswordChange, PasswordCheck
from jangteo.user.commands.reading_log_ins import ReadingLogIns
from jangteo.user.commands.roles import Roles
from jangteo.user.commands.second_factor import SecondFactor
from jangteo.user.commands.sessions import Sessions
from jangteo.user.consent_store import ConsentTexts
from jangteo.user.grades import Grades
from jangteo.user.handlers import handlers
from jangteo.user.housekeeping import keep_house
from jangteo.user.identity_store import SUBJECT
from jangteo.user.keys import KeyRing, Rotation
from jangteo.user.log_ins import RETENTION as LOG_INS_RETENTION
from jangteo.user.mails import MAIL_TOKEN, RETENTION, Mails
from jangteo.user.oidc.presets import read_providers
from jangteo.user.passwords import Passwords
from jangteo.user.proofs import PROOF
from jangteo.user.queries import Queries
from jangteo.user.rights.api import ROUTES as RIGHTS_ROUTES
from jangteo.user.rights.exports import RETENTION as EXPORTS_RETENTION
from jangteo.user.rights.office import open_office
from jangteo.user.settings import UserSettings
from jangteo.user.store import EMAIL, Members
from jangteo.user.throttle import LOGIN_ADDRESS, Throttle
from jangteo.user.token_versions import TokenVersions
from jangteo.user.tokens import REFRESH_TOKEN, Tokens

SERVICE = "user"
KEY_USES = (
    WRAP,
    LEGAL,
    for_index(EMAIL),
    for_index(LOGIN_ADDRESS),
    for_index(SUBJECT),
    for_mac(REFRESH_TOKEN),
    for_mac(MAIL_TOKEN),
    for_mac(PROOF),
)


@asynccontextmanager
async def assemble(settings: UserSettings, clock: Clock | None = None) -> AsyncIterator[Any]:
    """Open everything the service needs, in order."""
    async with AsyncExitStack() as stack:
        foundation = await stack.enter_async_context(open_foundation(settings))
        database = await stack.enter_async_context(open_database(settings.database_url, clock=clock))
        audit.keep(database, SERVICE, settings.audit_key)
        valkey = await stack.enter_async_context(open_valkey(settings.valkey_url))
        relay = Relay(database, foundation.bus, source=SERVICE)
        await relay.start()
        stack.push_async_callback(relay.stop)
        vault = await stack.enter_async_context(open_vault(settings, database, KEY_USES))
        rotation, ring = Rotation.by(settings), KeyRing(database, vault)
        await rotation.ensure(database, vault)
        await ring.load()
        _go_on(stack, ring.keep_loading())
        texts = ConsentTexts(settings)
        members, passwords = Members(vault), Passwords(settings.bcrypt_cost)
        stack.callback(passwords.close)
        mails = Mails(vault, members)
        _go_on(stack, keep_house(database, vault, rotation, mails))
        old = (RETENTION, EXPORTS_RETENTION, LOG_INS_RETENTION, inbox.retention(settings.inbox_days))
        await stack.enter_async_context(pruning(database, *old))
        tokens = Tokens(ring, vault, database.clock, seconds=settings.access_token_seconds)
        versions = TokenVersions(database, token_seconds=settings.access_token_seconds)
        superseded = Superseded(versions.fetch)
        throttle = Throttle.by(settings, valkey, database.clock)
        grades = Grades(database)
        links = Links(database, members, mails, throttle)
        check = PasswordCheck(database, members, passwords, throttle)
        office = await stack.enter_async_context(open_office(settings, foundation, database, members, mails, check))
        heard = {**handlers(links, grades), **office.handlers}
        subscription = await subscribe(foundation.bus, database, SERVICE, heard)
        stack.push_async_callback(subscription.stop)
        devices = Devices(database, members, mails)
        sessions = Sessions(database, members, passwords, throttle, tokens, links, devices, settings, texts)
        membership = Membership(database, members, passwords, mails, texts)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        providers = read_providers(settings.oidc_providers)
        by_provider = ByProvider(database, members, membership, sessions, passwords, throttle, providers, http, mails)
        await stack.enter_async_context(foundation.registered())
        yield create_app(
            settings,
            [*ROUTES, *RIGHTS_ROUTES],
            title="User",
            dependencies={
                "settings": settings,
                "key_ring": ring,
                "queries": Queries(database, members, mails),
                "membership": membership,
                "by_provider": by_provider,
                "consents": Consents(database, texts),
                "sessions": sessions,
                "second_factor": SecondFactor(database, members, throttle, check, sessions, mails),
                "links": links,
                "grades": grades,
                "devices": devices,
                "email": Email(database, members, mails, check),
                "password_change": PasswordChange(database, members, passwords, mails, check),
                "address_book": AddressBook(database, AddressBooks(vault)),
                "roles": Roles(database, superseded),
                "token_versions": versions,
                "looking_up": LookingUp(database, members),
                "reading_log_ins": ReadingLogIns(database, members),
                **office.dependencies,
            },
            checks={"database": database.check},
            tolerated={"bus": foundation.bus.check},
            verifier=TokenVerifier(ring.fetch, superseded),
            identity=foundation.identity,
        )


def main() -> None:
    """Run the service until it is told to stop."""
    run(UserSettings, SERVICE, assemble)


def _go_on(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)
