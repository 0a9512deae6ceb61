"""Checks the page that a browser shows for barriers, by axe-core out of its package."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

_RUN = "() => axe.run(document, {resultTypes: ['violations']})"


@cache
def _source():
    return (Path(find_spec("axe_playwright_python").origin).parent / "axe.min.js").read_text()


async def barriers(page):
    """Return what axe finds wrong with the page, one line for each element."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_source())
    found = await page.evaluate(_RUN)
    return [
        f"{violation['id']}: {node['target']} {node['html'][:160]} ({node.get('failureSummary', '')[:300]})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
