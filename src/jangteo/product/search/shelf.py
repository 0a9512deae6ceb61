"""Where a shop's index lies on disk: numbered folders, and a file that names the one in use.

A new index is built beside the old one and takes its place by renaming that file, so a rebuild by another process
stops nobody from searching.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from jangteo.product.search.index import ProductIndex
from jangteo.product.search.schema import FORMAT


class Shelf:
    """The folders of one shop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pointer = folder / "current"

    def current(self) -> str | None:
        """Return the name of the index in use; None where there is none that this code can read."""
        try:
            name = self._pointer.read_text().strip()
        except FileNotFoundError:
            return None
        readable = name.startswith(f"{FORMAT}-") and (self._folder / name / "lexicon.json").exists()
        return name if readable else None

    def open(self, name: str) -> ProductIndex:
        """Open the index called `name`."""
        return ProductIndex(self._folder / name)

    def create(self, names: Iterable[str]) -> tuple[str, ProductIndex]:
        """Make an empty index that nobody uses yet, with a lexicon from the products' `names`."""
        name = f"{FORMAT}-{uuid4().hex[:12]}"
        return name, ProductIndex.create(self._folder / name, names)

    def use(self, name: str) -> None:
        """Let the index called `name` be the one in use."""
        fresh = self._pointer.with_suffix(".new")
        fresh.write_text(name)
        fresh.replace(self._pointer)

    def remove_others(self, name: str) -> None:
        """Delete every index but `name`; those still open keep their files until they are closed."""
        for folder in self._folder.iterdir():
            if folder.is_dir() and folder.name != name:
                shutil.rmtree(folder, ignore_errors=True)
