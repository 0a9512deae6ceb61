"""Real servers, real databases and a whole mall for the tests: started when first asked for, always stopped."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.settings import QUICK
from jangteo.stack.embedded import Servers
from jangteo.stack.mall import Mall

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode makes no package of a folder

from leak_walk import assert_clean
from schedule import pytest_collection_modifyitems, pytest_xdist_make_scheduler

__all__ = ["pytest_collection_modifyitems", "pytest_xdist_make_scheduler"]

DatabaseFor = Callable[[str], str]


def pytest_configure() -> None:
    """Let interrupts be felt again: what a shell started in the background ignores them, and so do its children.

    And keep what is compiled, whatever the machine's habit: hundreds of processes import the same files.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def throw_away() -> Iterator[Callable[[str], Path]]:
    """Give new folders for homes, removed at the end; not pytest's own, which PostgreSQL's user cannot enter."""
    folders: list[Path] = []

    def make(name: str) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=f"jangteo-{name}-"))
        folder.chmod(0o711)
        folders.append(folder)
        return folder

    yield make
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(throw_away: Callable[[str], Path]) -> Iterator[Servers]:
    """PostgreSQL, Valkey, NATS and the document server: empty, fast, shared by the session.

    When all tests have had them, no store may hold in clear what the tests' people are made of.
    """
    with Servers(throw_away("servers"), fsync=False) as running:
        yield running.start("postgres", "valkey", "nats", "documents")
        assert_clean(running)


@pytest.fixture(scope="session")
def database_for(servers: Servers) -> DatabaseFor:
    """Give the URL of a service's database, made by its real migrations, in the service's own role.

    A name that is no service's gives an empty database; `servers.url("postgres", name, owner=True)` may make tables.
    """
    ready: dict[str, str] = {}

    def database(service: str) -> str:
        if service not in ready:
            servers.create_database(service)
            _migrate(servers, service)
            ready[service] = servers.url("postgres", service)
        return ready[service]

    return database


def _migrate(servers: Servers, service: str) -> None:
    from jangteo.stack.databases import migrations_of

    if not any(migrations_of(service).glob("*.py")):
        return
    environment = os.environ | {"JANGTEO_MIGRATION_URL": servers.url("postgres", service, owner=True)}
    command = [sys.executable, "-m", "jangteo.cli", "migrate", service]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def mall(throw_away: Callable[[str], Path]) -> Iterator[Mall]:
    """Give a whole mall with its demo shop, as `make up` makes it, shared by the session. Who breaks it mends it."""
    with Mall(throw_away("mall")) as running:
        yield running.up()


@pytest.fixture(scope="session")
def login_provider() -> Iterator[str]:
    """Give the address of a real provider of OpenID Connect with a client of ours, in a process of its own."""
    program = Path(__file__).parent / "integration" / "user" / "oidc" / "provider.py"
    process = subprocess.Popen(
        [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture(scope="session")
def quick_mall(throw_away: Callable[[str], Path], login_provider: str) -> Iterator[Mall]:
    """Give a whole mall for stories, shared by the session: fast parcels, short waits, no limits on one client.

    Asked for as shop.example, by https, it offers to log in by the provider.
    """
    client = {"issuer": login_provider, "client_id": "the-shop", "client_secret": "the-secret-of-the-shop"}
    providers = {
        name: client | more | {"redirect_uris": [f"https://shop.example/account/by/{name}/return"]}
        for name, more in (("google", {}), ("kakao", {"client_auth": "basic", "scope": "openid profile email"}))
    }
    overrides = {**QUICK, "user": QUICK["user"] | {"JANGTEO_OIDC_PROVIDERS": json.dumps(providers)}}
    with Mall(throw_away("quick-mall"), overrides=overrides, fsync=False) as running:
        yield running.up()


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test has."""
    return f"t-{uuid.uuid4().hex[:12]}"
