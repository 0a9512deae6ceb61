"""Where a mall keeps what it must remember: data, logs, ports and secrets, all below one folder."""

import hashlib
import os
import pwd
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "JANGTEO_HOME"
_OUTSIDE = Path("/var/tmp")  # noqa: S108  (a folder of our own is made in it, checked for its owner)

_ROOM = 300 << 20  # the demo shop takes half of it, databases and logs included


class StackError(Exception):
    """The stack cannot do what was asked; the message is one line for a human."""


def project_root() -> Path:
    """Return the folder of the source checkout, or the working folder where jangteo is installed as a wheel."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "pyproject.toml").is_file() else Path.cwd()


@dataclass(frozen=True)
class Home:
    """The folder of one mall. Two malls with different homes share nothing."""

    root: Path

    @classmethod
    def locate(cls, environ: Mapping[str, str] = os.environ) -> "Home":
        """Return JANGTEO_HOME, or `.jangteo` in the project."""
        named = environ.get(VARIABLE)
        return cls((Path(named).expanduser() if named else project_root() / ".jangteo").resolve())

    @property
    def data(self) -> Path:
        """What must survive a restart, one folder per process."""
        return self.root / "data"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "logs"

    @property
    def run(self) -> Path:
        """Lock, control socket and process ids of the running supervisor."""
        return self.root / "run"

    @property
    def secrets(self) -> Path:
        """Keys and passwords, made once."""
        return self.root / "secrets"

    @property
    def traces(self) -> Path:
        """One file of spans per service."""
        return self.root / "traces"

    @property
    def outside(self) -> Path:
        """A second folder, for what PostgreSQL's user must reach when it cannot reach `root`."""
        return _OUTSIDE / f"jangteo-{hashlib.sha256(str(self.root).encode()).hexdigest()[:12]}"

    def log(self, name: str) -> Path:
        """Return the log file of process `name`."""
        return self.logs / f"{name}.log"

    def state(self, name: str) -> Path:
        """Return the data folder of process `name`, made when missing."""
        folder = self.data / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def prepare(self) -> None:
        """Make the folders. Raises StackError where the home belongs to another user or cannot be written."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            owner = self.root.stat().st_uid
            if owner != os.geteuid():
                raise StackError(
                    f"{self.root} belongs to {user_name(owner)}: run as that user, or set {VARIABLE} to another folder"
                )
            for folder in (self.data, self.logs, self.traces):
                folder.mkdir(exist_ok=True)
            for private in (self.run, self.secrets):
                private.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StackError(f"cannot write {self.root}: {error.strerror}") from error

    def require_room(self, free: int | None = None) -> None:
        """Raise StackError where a first start would fill the disk; `free` is how many bytes there are, if known."""
        if free is None:
            free = shutil.disk_usage(self.root).free
        if free < _ROOM and not any(self.data.iterdir()):
            raise StackError(
                f"only {free >> 20} MB are free on the disk of {self.root}: a mall begins with {_ROOM >> 20} MB;"
                f" make room, or set {VARIABLE} to a folder on another disk"
            )

    def make_outside(self) -> Path:
        """Make the second folder. Raises StackError where somebody else put something in its place."""
        self.outside.mkdir(mode=0o711, exist_ok=True)
        found = self.outside.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise StackError(f"{self.outside} belongs to {user_name(found.st_uid)}: remove it")
        self.outside.chmod(0o711)
        return self.outside

    def discard(self) -> None:
        """Remove everything, data included."""
        for folder in (self.root, self.outside):
            shutil.rmtree(folder, ignore_errors=True)


def user_name(uid: int) -> str:
    """Return the login name of `uid`, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
