"""`python -m tests.browser.screens`: pictures of every page of the running mall, for people to look at.

Each page at 390 and 1440 px, light and dark, in Korean, into screenshots/ (git-ignored); `--only TEXT` takes those
whose address has it, `--language en` the English ones, `--home FOLDER` another mall than the one of `make up`.
"""

import argparse
import asyncio
import re
import sys
from pathlib import Path

import aiohttp

from jangteo.stack.home import Home
from jangteo.stack.local import local_site
from jangteo.stack.seed import accounts
from tests.browser.pages import build_world, pages
from tests.browser.visitor import missing, open_browser, visiting

FOLDER = Path(__file__).parents[2] / "screenshots"
LOOKS = [(phone, dark) for phone in (True, False) for dark in (False, True)]


async def take(home, language, only):
    """Take all pictures, and say what went wrong on the way."""
    site = local_site(home)
    url, provider = site.url("gateway.http"), site.url("sandbox-pay")
    FOLDER.mkdir(exist_ok=True)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session, open_browser() as browser:
        world = await build_world(url, accounts(home), session)
        wanted = [page for page in pages(world) if only in page.path]
        for phone, dark in LOOKS:
            for who in ("guest", "member", "owner"):
                mine = [page.path for page in wanted if page.who == who]
                if mine:
                    how = {"language": language, "phone": phone, "dark": dark}
                    await _take_all(browser, (url, provider), mine, how, None if who == "guest" else world.login(who))


# Pictures further down are fetched when they come into sight, and bars hold to the window: in a picture of the whole
# page both would leave holes.
_WHOLE = """async () => {
  for (const one of document.images) one.loading = "eager";
  await Promise.allSettled([...document.images].map((one) => one.decode()));
  for (const one of document.querySelectorAll("body *")) {
    const { position } = getComputedStyle(one);
    if (position === "fixed") one.style.position = "static";
    if (position === "sticky") Object.assign(one.style, { position: "relative", inset: "auto" });
  }
}"""


async def _take_all(browser, hosts, paths, how, login):
    look = f"{390 if how['phone'] else 1440}-{'dark' if how['dark'] else 'light'}"
    async with visiting(browser, hosts[0], **how) as visitor:
        visitor.hosts.add(hosts[1].removeprefix("http://"))
        if login:
            await visitor.log_in(*login)
        for path in paths:
            await visitor.open(path)
            await visitor.page.evaluate(_WHOLE)
            name = re.sub(r"[0-9a-f-]{36}", "id", path).strip("/").replace("/", "_") or "home"
            await visitor.page.screenshot(path=FOLDER / f"{name}.{look}.png", full_page=True)
        for fault in visitor.faults:
            print(f"{look}: {fault}")


def main():
    """Read the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="")
    parser.add_argument("--language", default="ko", choices=("ko", "en"))
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    if reason := missing():
        sys.exit(reason)
    asyncio.run(take(Home(given.home.resolve()) if given.home else Home.locate(), given.language, given.only))


if __name__ == "__main__":
    main()
