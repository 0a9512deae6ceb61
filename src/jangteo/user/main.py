"""Wires the user service."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import aiohttp

from jangteo.kit import inbox
from jangteo.kit.auth import TokenVerifier
from jangteo.kit.background import alongside
from jangteo.kit.clock import Clock
from jangteo.kit.http.entrance import Entrance
from jangteo.kit.inbox import Handler
from jangteo.kit.messages import Message
from jangteo.kit.postgres import Database
from jangteo.kit.privacy import LEGAL, WRAP, for_index, for_mac, open_vault
from jangteo.kit.process import Foundation, run
from jangteo.kit.pruning import pruning
from jangteo.kit.service import open_premises, opened
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
from jangteo.user.rights.office import Office, open_office
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


class Tools(NamedTuple):
    """What the use cases share."""

    rotation: Rotation
    key_ring: KeyRing
    members: Members
    passwords: Passwords
    throttle: Throttle
    mails: Mails
    check: PasswordCheck
    texts: ConsentTexts
    versions: TokenVersions
    superseded: Superseded


class Entry(NamedTuple):
    """How somebody becomes a member, logs in and stays logged in."""

    links: Links
    devices: Devices
    sessions: Sessions
    membership: Membership
    by_provider: ByProvider
    second_factor: SecondFactor


class Accounts(NamedTuple):
    """What members do with their accounts, and staff with members'."""

    queries: Queries
    consents: Consents
    email: Email
    password_change: PasswordChange
    address_book: AddressBook
    grades: Grades
    roles: Roles
    token_versions: TokenVersions
    looking_up: LookingUp
    reading_log_ins: ReadingLogIns


class Parts(NamedTuple):
    """What the routes and the handlers work with."""

    tools: Tools
    entry: Entry
    accounts: Accounts
    office: Office

    def by_name(self) -> dict[str, object]:
        """Return what the routes are given, by its name."""
        rooms = {**self.entry._asdict(), **self.accounts._asdict(), **self.office._asdict()}
        return {"key_ring": self.tools.key_ring, **rooms}


@asynccontextmanager
async def assemble(settings: UserSettings, clock: Clock | None = None) -> AsyncIterator[Entrance]:
    """Open everything the service needs, in order, and yield its app."""
    async with AsyncExitStack() as stack:
        premises = await stack.enter_async_context(
            open_premises(settings, settings.database_url, settings.audit_key, clock=clock)
        )
        parts = await _open_parts(stack, settings, *premises)
        await _keep_house(stack, settings, premises.database, parts)
        verifier = TokenVerifier(parts.tools.key_ring.fetch, parts.tools.superseded)
        yield await stack.enter_async_context(
            opened(
                settings,
                premises,
                [*ROUTES, *RIGHTS_ROUTES],
                _heard(parts),
                {"settings": settings, **parts.by_name()},
                verifier=verifier,
            )
        )


async def _open_parts(
    stack: AsyncExitStack, settings: UserSettings, foundation: Foundation, database: Database
) -> Parts:
    tools = await _open_tools(stack, settings, database)
    rights = open_office(settings, foundation, database, tools.members, tools.mails, tools.check)
    office = await stack.enter_async_context(rights)
    entry = await _open_entry(stack, settings, database, tools)
    return Parts(tools, entry, _accounts(database, tools), office)


async def _open_tools(stack: AsyncExitStack, settings: UserSettings, database: Database) -> Tools:
    valkey = await stack.enter_async_context(open_valkey(settings.valkey_url))
    vault = await stack.enter_async_context(open_vault(settings, database, KEY_USES))
    rotation, ring = Rotation.by(settings), KeyRing(database, vault)
    await rotation.ensure(database, vault)
    await ring.load()
    members, passwords = Members(vault), Passwords(settings.bcrypt_cost)
    stack.callback(passwords.close)
    throttle = Throttle.by(settings, valkey, database.clock)
    versions = TokenVersions(database, token_seconds=settings.access_token_seconds)
    return Tools(
        rotation,
        ring,
        members,
        passwords,
        throttle,
        Mails(vault, members),
        PasswordCheck(database, members, passwords, throttle),
        ConsentTexts(settings),
        versions,
        Superseded(versions.fetch),
    )


async def _open_entry(stack: AsyncExitStack, settings: UserSettings, database: Database, tools: Tools) -> Entry:
    members, passwords, throttle, mails = tools.members, tools.passwords, tools.throttle, tools.mails
    tokens = Tokens(tools.key_ring, members.vault, database.clock, seconds=settings.access_token_seconds)
    links = Links(database, members, mails, throttle)
    devices = Devices(database, members, mails)
    sessions = Sessions(database, members, passwords, throttle, tokens, links, devices, settings, tools.texts)
    membership = Membership(database, members, passwords, mails, tools.texts)
    http = await stack.enter_async_context(aiohttp.ClientSession())
    providers = read_providers(settings.oidc_providers)
    by_provider = ByProvider(database, members, membership, sessions, passwords, throttle, providers, http, mails)
    second_factor = SecondFactor(database, members, throttle, tools.check, sessions, mails)
    return Entry(links, devices, sessions, membership, by_provider, second_factor)


def _accounts(database: Database, tools: Tools) -> Accounts:
    members, mails = tools.members, tools.mails
    return Accounts(
        queries=Queries(database, members, mails),
        consents=Consents(database, tools.texts),
        email=Email(database, members, mails, tools.check),
        password_change=PasswordChange(database, members, tools.passwords, mails, tools.check),
        address_book=AddressBook(database, AddressBooks(members.vault)),
        grades=Grades(database),
        roles=Roles(database, tools.superseded),
        token_versions=tools.versions,
        looking_up=LookingUp(database, members),
        reading_log_ins=ReadingLogIns(database, members),
    )


def _heard(parts: Parts) -> dict[type[Message], Handler]:
    return {**handlers(parts.entry.links, parts.accounts.grades), **parts.office.handlers}


async def _keep_house(stack: AsyncExitStack, settings: UserSettings, database: Database, parts: Parts) -> None:
    tools = parts.tools
    await stack.enter_async_context(alongside(tools.key_ring.keep_loading(), "key ring"))
    hourly = keep_house(database, tools.members.vault, tools.rotation, tools.mails)
    await stack.enter_async_context(alongside(hourly, "housekeeping"))
    old = (RETENTION, EXPORTS_RETENTION, LOG_INS_RETENTION, inbox.retention(settings.inbox_days))
    await stack.enter_async_context(pruning(database, *old))


def main() -> None:
    """Run the service until it is told to stop."""
    run(UserSettings, SERVICE, assemble)
