"""A browser of this machine, a mall to visit, and visitors who must not meet a single error."""

from contextlib import AsyncExitStack

import pytest

from tests.browser.visitor import missing, open_browser, visiting
from tests.stories import *  # noqa: F403


@pytest.fixture(scope="session")
def mall(quick_mall):
    """The mall of the stories."""
    return quick_mall


@pytest.fixture(scope="session")
async def browser():
    """Chromium, or a skipped test that says what is missing."""
    if reason := missing():
        pytest.skip(reason)
    async with open_browser() as running:
        yield running


@pytest.fixture
async def visitor(browser, mall):
    """Make visitors; afterwards none of them may have met an error, a foreign host or a violated policy."""
    made = []
    async with AsyncExitStack() as stack:

        async def make(language="ko", **how):
            made.append(await stack.enter_async_context(visiting(browser, mall.url, language=language, **how)))
            return made[-1]

        yield make
    faults = [fault for one in made for fault in one.faults]
    assert not faults, "\n".join(faults)
