"""Makes the databases of the services where they are missing, and finds those whose tables are out of date."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import jangteo
from jangteo.stack.credentials import write_private
from jangteo.stack.environment import OWNER, Site, role_of
from jangteo.stack.errand import Errands, Outcome
from jangteo.stack.home import StackError
from jangteo.stack.servers.postgres import Postgres

_REVISION = re.compile(r"^revision\b[^=\n]*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
_DOWN_REVISION = re.compile(r"^down_revision\b[^=\n]*=(.*)$", re.MULTILINE)
_QUOTED = re.compile(r"[\"']([^\"']+)[\"']")


class Databases:
    """The databases of one running server."""

    def __init__(self, server: Postgres, site: Site, errands: Errands) -> None:
        self._server, self._site, self._errands = server, site, errands

    async def create_server(self) -> None:
        """Make the data folder of the server, unless it is there."""
        if self._server.exists():
            return
        command, folder, password_file = self._server.creation()
        await self._errands.must("initdb", command, self._server.environment, self._server.user, folder)
        self._server.finish_creation(folder, password_file)

    async def create(self, services: Sequence[str]) -> list[str]:
        """Make owner, roles and databases that are missing; return the services whose database is new."""
        found = await self._must("postgres", "SELECT rolname FROM pg_roles; SELECT '/' || datname FROM pg_database;")
        present = set(found.split())
        roles = [role for role in (OWNER, *(role_of(service) for service in services)) if role not in present]
        new = [service for service in services if f"/{role_of(service)}" not in present]
        script = [self._server.role_sql(role) for role in roles]
        script += [self._server.database_script(role_of(service)) for service in new]
        if script:
            await self._must("postgres", "".join(script))
        return new

    async def outdated(self, services: Iterable[str]) -> list[str]:
        """Return those of `services` whose newest migration has not been run."""
        candidates = [service for service in services if heads(migrations_of(service))]
        versions = await asyncio.gather(*(self._version(service) for service in candidates))
        return [
            service
            for service, version in zip(candidates, versions, strict=True)
            if version != heads(migrations_of(service))
        ]

    async def _version(self, service: str) -> set[str]:
        outcome = await self._run(role_of(service), "SELECT version_num FROM alembic_version;")
        return set(outcome.output.split()) if outcome.code == 0 else set()

    async def _must(self, database: str, sql: str) -> str:
        outcome = await self._run(database, sql)
        if outcome.code != 0:
            raise StackError(f"psql on {database} failed: {outcome.output.strip()[-500:]}")
        return outcome.output

    async def _run(self, database: str, sql: str) -> Outcome:
        # By a file, because the arguments of a process are for everybody to read and these hold passwords.
        file = self._site.home.run / f"{database}.sql"
        write_private(file, sql)
        try:
            command, environment = self._server.psql(database, file)
            return await self._errands.run(command, environment)
        finally:
            file.unlink()


def migrations_of(service: str) -> Path:
    """Return the folder of the migrations of `service`."""
    return Path(jangteo.__file__).parent / service / "migrations"


def heads(folder: Path) -> set[str]:
    """Return the newest revisions in `folder`, read from the text: Alembic takes half a second to say the same."""
    revisions, superseded = set(), set()
    for file in folder.glob("*.py"):
        text = file.read_text()
        revisions.update(_REVISION.findall(text))
        for older in _DOWN_REVISION.findall(text):
            superseded.update(_QUOTED.findall(older))
    return revisions - superseded
