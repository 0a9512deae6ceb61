"""Signing keys: known to everybody before they sign, believed until their last token is over, then destroyed."""

import asyncio
from datetime import UTC, datetime, timedelta

import jwt
import msgspec
import pytest

from jangteo.kit.auth import KEYS_MAX_AGE_SECONDS, TokenInvalid, TokenVerifier
from jangteo.kit.clock import MovableClock
from jangteo.kit.ids import new_id
from jangteo.kit.migrations import migrate
from jangteo.kit.postgres import EVERY_TENANT, open_database
from jangteo.kit.privacy import open_vault
from jangteo.stack.databases import migrations_of
from jangteo.user import rotate_keys
from jangteo.user.keys import KeyRing, Rotation
from jangteo.user.tokens import Tokens

MEMBER, SESSION = new_id(), new_id()


@pytest.fixture(scope="session")
def keys_url(servers):
    """A database of its own: rotating the keys of the running service would log everybody out."""
    servers.create_database("userkeys")
    migrate(servers.url("postgres", "userkeys", owner=True), migrations_of("user"))
    return servers.url("postgres", "userkeys")


class House:
    """The keys of one user service, its clock in our hand."""

    def __init__(self, database, vault, settings):
        self.database, self.clock = database, database.clock
        self.vault, self.rotation = vault, Rotation.by(settings)
        self.ring = KeyRing(database, self.vault)
        self.tokens = Tokens(self.ring, self.vault, self.clock, seconds=settings.access_token_seconds)
        self.lead = settings.key_lead_seconds

    def token(self):
        return self.tokens.access(tenant="demo", member=MEMBER, session=SESSION, permissions=["orders.read"])

    def kids(self):
        return [key["kid"] for key in self.ring.key_set()["keys"]]

    def verifier(self):
        """As another service has one, its cache empty."""
        return TokenVerifier(self.ring.fetch)


@pytest.fixture
async def house(keys_url, settings):
    clock = MovableClock(datetime.now(UTC))
    settings = msgspec.structs.replace(settings, database_url=keys_url, tenants=("demo",), default_tenant="demo")
    async with open_database(keys_url, clock=clock) as database, open_vault(settings, database) as vault:
        async with database.system() as transaction:
            await transaction.execute("DELETE FROM signing_keys")
        made = House(database, vault, settings)
        await made.rotation.ensure(database, made.vault)
        await made.ring.load()
        yield made


def kid_of(token):
    return jwt.get_unverified_header(token)["kid"]


async def test_a_token_says_who_where_and_what_for(house):
    token = house.token()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert {"iss", "aud", "sub", "tenant", "sid", "scope", "ver", "iat", "exp", "jti"} == set(claims)
    assert claims["exp"] - claims["iat"] == 600
    caller = await house.verifier().verify(token)
    assert (caller.kind, caller.tenant, caller.id, caller.session) == ("member", "demo", MEMBER, str(SESSION))
    assert caller.permissions == {"orders.read"}


async def test_during_a_rotation_the_tokens_of_both_keys_hold(house):
    old = house.token()
    assert await house.rotation.rotate(house.database, house.vault)
    await house.ring.load()
    assert len(house.kids()) == 2
    # Published, but not yet in use: a cache that does not know it yet must meet no token of it.
    assert kid_of(house.token()) == kid_of(old)
    house.clock.advance(house.lead + 1)
    new = house.token()
    assert kid_of(new) != kid_of(old)
    verifier = house.verifier()
    keys = jwt.PyJWKSet.from_dict(house.ring.key_set())
    for token in (old, new):
        jwt.decode(
            token,
            keys[kid_of(token)].key,
            algorithms=["RS256"],
            audience="jangteo",
            options={"verify_exp": False, "verify_iat": False},
        )
    assert (await verifier.verify(old)).id == MEMBER


async def test_an_old_key_is_destroyed_once_its_last_token_is_over(house):
    old = kid_of(house.token())
    await house.rotation.rotate(house.database, house.vault)
    house.clock.advance(house.lead + 600 + 91)
    await house.ring.load()
    assert old not in house.kids()
    await house.rotation.rotate(house.database, house.vault)
    async with house.database.read(EVERY_TENANT) as reader:
        left = await reader.fetchval("SELECT count(*) FROM signing_keys WHERE id = $1", old)
        wrapped = await reader.fetchval("SELECT wrapped_key FROM person_keys WHERE person_id = $1", old)
    assert (left, wrapped) == (0, None)


async def test_a_second_rotation_waits_for_the_first(house):
    assert await house.rotation.rotate(house.database, house.vault)
    assert not await house.rotation.rotate(house.database, house.vault)
    await house.ring.load()
    assert len(house.kids()) == 2


async def test_a_compromised_key_stops_to_hold_at_once(house):
    old = house.token()
    await house.rotation.rotate(house.database, house.vault)
    await house.rotation.replace(house.database, house.vault)
    await house.ring.load()
    assert house.kids() == [kid_of(house.token())]
    with pytest.raises(TokenInvalid):
        await house.verifier().verify(old)
    assert (await house.verifier().verify(house.token())).id == MEMBER


async def test_keys_are_changed_by_age_and_by_one_process_only(house):
    house.clock.advance(29 * 86400)
    assert not await house.rotation.ensure(house.database, house.vault)
    house.clock.advance(86400 + 1)
    made = await asyncio.gather(*(house.rotation.ensure(house.database, house.vault) for _ in range(4)))
    assert sorted(made) == [False, False, False, True]


async def test_of_processes_that_start_together_one_makes_the_first_key(house):
    async with house.database.system() as transaction:
        await transaction.execute("DELETE FROM signing_keys")
    made = await asyncio.gather(*(house.rotation.ensure(house.database, house.vault) for _ in range(4)))
    assert sorted(made) == [False, False, False, True]


async def test_the_command_rotates(house, user_environment, keys_url, monkeypatch, capsys):
    for name, value in {**user_environment, "JANGTEO_DATABASE_URL": keys_url}.items():
        monkeypatch.setenv(name, value)
    assert await asyncio.to_thread(rotate_keys.main, []) == 0
    assert await asyncio.to_thread(rotate_keys.main, []) == 1
    assert await asyncio.to_thread(rotate_keys.main, ["--compromised"]) == 0
    house.clock.advance(1)
    await house.ring.load()
    assert len(house.kids()) == 1


async def test_a_verifier_that_knows_the_old_key_only_learns_the_new_one(house, monkeypatch):
    verifier = house.verifier()
    assert (await verifier.verify(house.token())).id == MEMBER
    await house.rotation.replace(house.database, house.vault)
    await house.ring.load()
    # The verifier asks for unknown keys at most every few seconds; let that pause, and no more, be over.
    verifier._fetched_at -= KEYS_MAX_AGE_SECONDS / 10
    assert (await verifier.verify(house.token())).id == MEMBER


async def test_a_remembered_token_ends_with_its_key_though_nobody_else_comes(house):
    verifier = house.verifier()
    token = house.token()
    assert (await verifier.verify(token)).id == MEMBER
    await house.rotation.replace(house.database, house.vault)
    await house.ring.load()
    # Only the remembered token comes; once its keys are too old to go by, they are fetched beside the request.
    verifier._fetched_at -= KEYS_MAX_AGE_SECONDS + 1
    async with asyncio.timeout(20):
        with pytest.raises(TokenInvalid):
            while True:
                await verifier.verify(token)
                await asyncio.sleep(0.02)


def test_the_lead_outlasts_every_cache_of_the_key_set(settings):
    assert timedelta(seconds=settings.key_lead_seconds) > timedelta(seconds=KEYS_MAX_AGE_SECONDS + 60)
