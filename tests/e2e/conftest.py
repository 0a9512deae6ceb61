"""A whole mall for black-box stories, walked through for personal data at the end, and what looks into its stores."""

import sys
from pathlib import Path

import pytest

from bench.oracle import Oracle
from tests.stories import *  # noqa: F403

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode makes no package of a folder

from leak_walk import assert_clean


@pytest.fixture(scope="session")
def mall(quick_mall):
    """A whole mall; when all tests have had it, none of its stores may hold what their people are made of."""
    yield quick_mall
    quick_mall.wait_healthy()
    assert_clean(quick_mall)


@pytest.fixture
def oracle(mall):
    """What looks into all stores and says whether they agree."""
    return Oracle(mall)
