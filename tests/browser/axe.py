"""Checks the page that a browser shows for barriers, by axe-core out of its package."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

# What htmx is about to exchange is pale for a moment.
UNDER_WAY = ".htmx-request, .htmx-swapping, .htmx-settling"
_RUN = "() => axe.run(document, {resultTypes: ['violations']})"


@cache
def _source():
    return (Path(find_spec("axe_playwright_python").origin).parent / "axe.min.js").read_text()


async def barriers(page):
    """Return what axe finds wrong with the page once it rests, one line for each element."""
    from playwright.async_api import expect

    await expect(page.locator(UNDER_WAY)).to_have_count(0)
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_source())
    found = await page.evaluate(_RUN)
    return [
        f"{violation['id']}: {node['target']} {node['html'][:160]} ({node.get('failureSummary', '')[:300]})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
