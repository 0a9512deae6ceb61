"""The user service as it is wired in `main.py`, on real servers, called over its own HTTP interface."""

import asyncio
import itertools
import sys
import uuid
from pathlib import Path

import httpx
import msgspec
import pytest

from jangteo.gateway.routes import ROUTES, Access
from jangteo.kit.auth import ServiceIdentity
from jangteo.kit.postgres import open_database
from jangteo.kit.settings import load
from jangteo.user.main import assemble
from jangteo.user.settings import UserSettings

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode makes no package of a folder

from second_factor_world import FACTOR, Phone, wait_a_step

PASSWORD = "a decent passphrase"
TENANTS = tuple(f"u-{uuid.uuid4().hex[:8]}" for _ in range(300))
_next_tenant = itertools.count()
# The gateway takes the token off what is public, so one that holds no more never keeps anybody from logging in.
WITHOUT_TOKEN = {(row.method, row.path) for row in ROUTES if row.access is Access.PUBLIC}


@pytest.fixture(scope="session")
def user_environment(servers, database_for):
    """What the stack tells the user service, with hashing made cheap and all the tests' tenants."""
    database_for("user")
    return servers.environment("user") | {
        "JANGTEO_TENANTS": ",".join(TENANTS),
        "JANGTEO_DEFAULT_TENANT": TENANTS[0],
        "JANGTEO_BCRYPT_COST": "4",
        # No growing pauses, but the lock at once: it is longer than any test takes on a machine that is busy.
        "JANGTEO_LOGIN_FREE_ATTEMPTS": "12",
        "JANGTEO_LOGIN_ATTEMPTS_PER_ACCOUNT": "12",
    }


@pytest.fixture(scope="session")
def settings(user_environment):
    return load(UserSettings, "user", user_environment)


@pytest.fixture(scope="session")
async def app(settings):
    async with assemble(settings) as application:
        yield application


@pytest.fixture
async def database(settings):
    async with open_database(settings.database_url) as opened:
        yield opened


@pytest.fixture
def tenant():
    """A shop that no other test uses."""
    return TENANTS[next(_next_tenant)]


@pytest.fixture
def other_tenant():
    """A second shop that no other test uses."""
    return TENANTS[next(_next_tenant)]


@pytest.fixture(scope="session")
def identity_of(settings):
    """Signs as another service."""
    return lambda service: ServiceIdentity(service, Path(settings.identity_dir).parent / service)


class Visitor:
    """Somebody at one shop, with or without a session."""

    def __init__(self, app, tenant, address="203.0.113.7", language="ko"):
        self.tenant, self.app = tenant, app
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=f"http://{tenant}.localhost",
            headers={"X-Envoy-External-Address": address, "Accept-Language": language},
        )
        self.session = None

    async def call(self, method, path, body=None, **headers):
        """Return the response; the body is sent as it is where it is bytes."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.session and "Authorization" not in sent and (method, path) not in WITHOUT_TOKEN:
            sent["Authorization"] = f"Bearer {self.session['access_token']}"
        content = body if isinstance(body, bytes) or body is None else msgspec.json.encode(body)
        return await self.http.request(
            method, path, content=content, headers={"Content-Type": "application/json", **sent}
        )

    async def sign_up(self, **changed):
        body = {
            "email": f"{uuid.uuid4().hex[:10]}@example.test",
            "password": PASSWORD,
            "name": "홍길동",
            "is_14_or_older": True,
            "consents": {"terms": True, "privacy": True},
            **changed,
        }
        return await self.call("POST", "/v1/members", body)

    async def log_in(self, email, password=PASSWORD):
        return await self.call("POST", "/v1/sessions", {"email": email, "password": password})


@pytest.fixture
async def visitor(app, tenant):
    """Makes visitors of the test's own shop."""
    made = []

    def make(tenant=tenant, **options):
        made.append(Visitor(app, tenant, **options))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


@pytest.fixture
def visitor_of(tenant):
    """Makes a visitor of another app."""
    return lambda application: Visitor(application, tenant)


@pytest.fixture
def letters(database, identity_of, visitor):
    """Return the mails that a member is to get, the newest last, as the notification service is told them."""

    async def read(someone, kind, count=1):
        sql = "SELECT id FROM mails WHERE member_id = $1 AND kind = $2 AND used_at IS NULL ORDER BY id"
        async with asyncio.timeout(20), database.read(someone.tenant) as reader:
            id = uuid.UUID(someone.profile["id"])
            while len(rows := await reader.fetch(sql, id, kind)) < count:  # noqa: ASYNC110  (a row has no event)
                await asyncio.sleep(0.02)
        signed = identity_of("notification").token(someone.tenant)
        asked = visitor(tenant=someone.tenant)
        answers = [await asked.call("GET", f"/internal/mails/{row['id']}", X_Service_Identity=signed) for row in rows]
        return [answer.json() for answer in answers]

    return read


@pytest.fixture
def token_of(letters):
    """Return the token in the link of the newest mail of a kind to a member, once there are `count` of them."""

    async def read(someone, kind, count=1):
        return (await letters(someone, kind, count))[-1]["parameters"]["link"].partition("#token=")[2]

    return read


@pytest.fixture
def member(visitor):
    """Makes members who are logged in."""

    async def make(**changed):
        one = visitor(**({"tenant": changed.pop("tenant")} if "tenant" in changed else {}))
        signed = await one.sign_up(**changed)
        assert signed.status_code == 201, signed.text
        one.profile = signed.json()
        opened = await one.log_in(one.profile["email"], changed.get("password", PASSWORD))
        assert opened.status_code == 201, opened.text
        one.session = opened.json()
        return one

    return make


@pytest.fixture
def enrolled(member, database):
    """Makes members with a phone; its steps are as unused as those of half a minute later."""

    async def make(someone=None):
        one = someone or await member()
        begun = await one.call("POST", FACTOR, {"password": PASSWORD})
        assert begun.status_code == 201, begun.text
        one.phone = Phone(begun.json()["otpauth_uri"])
        confirmed = await one.call("POST", FACTOR + "/confirmation", {"code": one.phone.code()})
        assert confirmed.status_code == 200, confirmed.text
        one.codes = confirmed.json()["recovery_codes"]
        await wait_a_step(database, one)
        return one

    return make
