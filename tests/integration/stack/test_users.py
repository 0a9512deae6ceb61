"""The stack runs for root, whom PostgreSQL refuses, and for an ordinary user, wherever the folders lie."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from jangteo.stack.embedded import Servers
from jangteo.stack.home import StackError
from jangteo.stack.places import reachable

NewHome = Callable[[str], Path]
NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
START = """
import sys
from pathlib import Path
from jangteo.stack.embedded import Servers
with Servers(Path(sys.argv[1]), keep=True) as servers:
    servers.start("postgres", "valkey", "nats", "documents", databases=("own",))
    print(Path(f"/proc/{servers.pid('postgres')}").stat().st_uid)
"""


def as_nobody(home: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script as an ordinary user, who is let read the interpreter wherever root has put it."""
    may_read = "+dac_read_search"
    who = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    capabilities = [f"--inh-caps={may_read}", f"--ambient-caps={may_read}"]
    command = [*who, *capabilities, sys.executable, "-c", script, str(home)]
    return subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)


@as_root
def test_an_ordinary_user_runs_all_servers_as_himself(throw_away: NewHome) -> None:
    home = throw_away("ordinary")
    os.chown(home, NOBODY, NOBODY)
    done = as_nobody(home, START)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(NOBODY)
    assert {path.stat().st_uid for path in home.rglob("*")} == {NOBODY}


@as_root
def test_a_home_of_somebody_else_is_refused_in_one_line(throw_away: NewHome) -> None:
    done = as_nobody(throw_away("foreign"), START)
    assert done.returncode == 1
    assert "belongs to root: run as that user, or set JANGTEO_HOME" in done.stderr.splitlines()[-1]


@as_root
async def test_for_root_postgres_finds_its_data_outside_a_closed_home(throw_away: NewHome) -> None:
    closed = throw_away("closed")
    closed.chmod(0o700)
    with Servers(closed / "home", fsync=False) as servers:
        servers.start("postgres", databases=("own",))
        outside = servers.home.outside
        assert (outside / "postgres" / "PG_VERSION").exists()
        assert not reachable(servers.home.root, NOBODY)
        connection = await asyncpg.connect(servers.url("postgres", "own"))
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
    assert not outside.exists()


@as_root
def test_a_folder_outside_that_somebody_else_made_is_refused(throw_away: NewHome) -> None:
    closed = throw_away("trapped")
    closed.chmod(0o700)
    servers = Servers(closed / "home", fsync=False)
    servers.home.outside.mkdir()
    os.chown(servers.home.outside, NOBODY, NOBODY)
    try:
        with pytest.raises(StackError, match="belongs to nobody: remove it"):
            servers.start("postgres")
    finally:
        servers.stop()
        servers.home.discard()


def test_secrets_are_for_their_owner_only(throw_away: NewHome) -> None:
    with Servers(throw_away("secrets"), fsync=False).start("valkey", "nats") as servers:
        secrets = [path for path in servers.home.secrets.rglob("*") if path.is_file()]
        assert len(secrets) > 20
        private = [*secrets, *servers.home.run.glob("*.conf"), servers.home.run / "control"]
        assert {oct(path.stat().st_mode & 0o077) for path in private} == {"0o0"}
