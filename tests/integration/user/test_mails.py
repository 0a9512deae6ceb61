"""Mails with a secret in their link: told to one service only, spent once, and read in no store."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from jangteo.kit.bus import connect
from jangteo.kit.clock import MovableClock
from jangteo.kit.errors import JangteoError
from jangteo.kit.outbox import Relay
from jangteo.kit.postgres import open_database
from jangteo.kit.privacy import open_vault
from jangteo.user.mails import Mails
from jangteo.user.store import Members

KINDS = ("verify_email", "reset_password")


class Office:
    """Asks for mails, and reads their links, as the use cases of the service do."""

    def __init__(self, database, vault):
        self.database, self.mails, self.clock = database, Mails(vault, Members(vault)), database.clock

    async def ask(self, someone, kind, **options):
        async with self.database.transaction(someone.tenant) as transaction:
            return await self.mails.request(transaction, uuid.UUID(someone.profile["id"]), kind, **options)

    async def token(self, someone, id):
        async with self.database.read(someone.tenant) as reader:
            told = await self.mails.write(reader, id, self.clock.now())
        return told.parameters["link"].partition("#token=")[2]

    async def spend(self, tenant, token, *kinds):
        """Return the mail's id, or the code of the refusal."""
        try:
            async with self.database.transaction(tenant) as transaction:
                return (await self.mails.spend(transaction, token, *kinds)).mail_id
        except JangteoError as error:
            return error.code

    async def void(self, someone, *kinds):
        async with self.database.transaction(someone.tenant) as transaction:
            await self.mails.void(transaction, uuid.UUID(someone.profile["id"]), *kinds)


@pytest.fixture
async def office(settings, app):
    clock = MovableClock(datetime.now(UTC))
    bus = await connect(settings.bus_url, name="office")
    async with open_database(settings.database_url, clock=clock) as database, open_vault(settings, database) as vault:
        relay = Relay(database, bus, source="user")
        await relay.start()
        yield Office(database, vault)
        await relay.stop()
    await bus.close()


async def told(visitor, identity_of, tenant, id, service="notification"):
    token = identity_of(service).token(tenant)
    return await visitor().call("GET", f"/internal/mails/{id}", X_Service_Identity=token)


async def test_a_mail_is_told_to_the_notification_service_and_to_nobody_else(office, member, visitor, identity_of):
    someone = await member(language="en")
    id = await office.ask(someone, "change_email_new", to="new@example.test", parameters={"new_email": "x@y.test"})
    answer = await told(visitor, identity_of, someone.tenant, id)
    body = answer.json()
    assert (body["email"], body["name"], body["language"]) == ("new@example.test", "홍길동", "en")
    assert (body["kind"], body["parameters"]["new_email"]) == ("change_email_new", "x@y.test")
    assert body["parameters"]["link"].startswith("/account/confirm-email#token=")
    assert answer.headers["cache-control"] == "no-store"
    for service in ("order", "payment", "shipping"):
        assert (await told(visitor, identity_of, someone.tenant, id, service)).status_code == 403
    assert (await visitor().call("GET", f"/internal/mails/{id}")).status_code == 401
    assert (await someone.call("GET", f"/internal/mails/{id}")).status_code == 403


async def test_a_mail_is_told_within_its_shop_only(office, member, visitor, identity_of, other_tenant):
    id = await office.ask(await member(), "verify_email")
    assert (await told(visitor, identity_of, other_tenant, id)).status_code == 404


async def test_a_token_is_spent_once_however_many_come_at_once(office, member):
    someone = await member()
    token = await office.token(someone, await office.ask(someone, "verify_email"))
    outcomes = await asyncio.gather(*(office.spend(someone.tenant, token, "verify_email") for _ in range(8)))
    assert outcomes.count("link.used") == 7
    assert await office.spend(someone.tenant, token, "verify_email") == "link.used"


async def test_a_token_is_good_for_nothing_but_what_it_was_made_for(office, member, other_tenant):
    someone = await member()
    token = await office.token(someone, await office.ask(someone, "verify_email"))
    assert await office.spend(someone.tenant, token, "reset_password") == "link.invalid"
    assert await office.spend(other_tenant, token, "verify_email") == "link.invalid"
    other = await office.token(someone, await office.ask(someone, "verify_email"))
    forged = ["", "가나다", "A" * 64, token[:-2] + ("AA" if token[-2:] != "AA" else "BB"), token[:22] + other[22:]]
    for text in forged:
        assert await office.spend(someone.tenant, text, "verify_email") == "link.invalid"
    assert isinstance(await office.spend(someone.tenant, token, "verify_email"), uuid.UUID)


async def test_a_token_ends_with_its_time_and_when_it_is_withdrawn(office, member, visitor, identity_of):
    someone = await member()
    first, second = [await office.ask(someone, "reset_password") for _ in range(2)]
    tokens = [await office.token(someone, id) for id in (first, second)]
    await office.void(someone, "verify_email")
    office.clock.advance(timedelta(minutes=29).total_seconds())
    assert await office.spend(someone.tenant, tokens[0], *KINDS) == first
    office.clock.advance(timedelta(minutes=2).total_seconds())
    assert await office.spend(someone.tenant, tokens[1], *KINDS) == "link.expired"
    third = await office.ask(someone, "reset_password")
    token = await office.token(someone, third)
    await office.void(someone, "reset_password")
    assert await office.spend(someone.tenant, token, *KINDS) == "link.used"
    assert (await told(visitor, identity_of, someone.tenant, third)).status_code == 404


async def test_neither_the_secret_nor_the_address_is_in_the_database_or_in_any_message(office, member, database):
    someone = await member()
    id = await office.ask(someone, "change_email_new", to="hidden@example.test")
    token = await office.token(someone, id)
    async with database.system() as transaction:
        for table in ("mails", "outbox"):
            dump = await transaction.fetchval(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            assert "hidden@" not in dump
            assert token[22:] not in dump
