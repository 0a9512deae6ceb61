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


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Note that a test failed, so that its visitors can say where they were."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
async def visitor(browser, mall, request):
    """Make visitors; afterwards none of them may have met an error, a foreign host or a violated policy."""
    made = []
    async with AsyncExitStack() as stack:

        async def make(language="ko", **how):
            made.append(await stack.enter_async_context(visiting(browser, mall.url, language=language, **how)))
            return made[-1]

        yield make
        if request.node.stash.get(FAILED, False):
            for one in made:
                seen = await one.page.locator("body").inner_text()
                request.node.add_report_section("teardown", "visitor", f"{one.page.url}\n{seen[:1500]}")
    faults = [fault for one in made for fault in one.faults]
    assert not faults, "\n".join(faults)


@pytest.fixture
def staff_of(visitor, mall):
    """Log one of the demo shop's staff in to the office, in a browser that looks so."""

    async def make(role, language="ko", *, phone=False, dark=False):
        account = next(one for one in mall.accounts() if (one["tenant"], one["role"]) == ("demo", role))
        one = await visitor(language, phone=phone, dark=dark)
        await one.log_in(account["email"], account["password"], "/office")
        return one

    return make
