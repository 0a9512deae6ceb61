"""Which code a process runs: the version of the package, and the commit where that is known."""

from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

SHOWN = 12
"""Letters of a commit's name: enough to find it by."""


class Build(NamedTuple):
    """`commit` is empty where the code is neither in a git work tree nor told its commit."""

    version: str
    commit: str


@cache
def build(told_commit: str = "") -> Build:
    """Return what runs here; `told_commit` is for images, which have no git folder."""
    return Build(metadata.version("jangteo"), (told_commit or _commit_of(Path(__file__).parents[3]))[:SHOWN])


def _commit_of(root: Path) -> str:
    """Return the commit checked out at `root`, or nothing where that is not a work tree of this project.

    Read without the program git: it is not on every machine, and starting it costs more than all of the rest.
    """
    try:
        # An installed package may lie inside somebody else's work tree.
        if not (root / "pyproject.toml").is_file():
            return ""
        folder = root / ".git"
        if folder.is_file():
            folder = root / folder.read_text().removeprefix("gitdir:").strip()
        head = (folder / "HEAD").read_text().strip()
        if not head.startswith("ref:"):
            return head
        of_all = folder / "commondir"
        shared = folder / of_all.read_text().strip() if of_all.is_file() else folder
        return _commit_in([folder, shared], head.removeprefix("ref:").strip())
    except OSError:
        return ""


def _commit_in(folders: list[Path], name: str) -> str:
    for folder in folders:
        if (folder / name).is_file():
            return (folder / name).read_text().strip()
    packed = folders[-1] / "packed-refs"
    lines = packed.read_text().splitlines() if packed.is_file() else []
    return next((line.split()[0] for line in lines if line.endswith(f" {name}")), "")
