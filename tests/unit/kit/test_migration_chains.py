"""The migrations of each service are one chain: two with the same number would leave one of them out, in silence."""

import re
from pathlib import Path

import pytest

import jangteo

FOLDERS = sorted(Path(jangteo.__file__).parent.glob("*/migrations"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_each_migration_follows_the_one_before(folder):
    files = sorted(folder.glob("[0-9]*.py"))
    steps = [
        tuple(
            re.search(rf'^{name} = (?:"(\w+)"|None)$', file.read_text(), re.M).group(1)
            for name in ("down_revision", "revision")
        )
        for file in files
    ]
    numbers = [file.name.split("_")[0] for file in files]
    assert steps == list(zip([None, *numbers[:-1]], numbers, strict=True))


def test_there_are_services_with_migrations():
    assert {folder.parent.name for folder in FOLDERS} >= {"order", "payment", "product"}
