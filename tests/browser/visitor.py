"""Somebody in a real browser, and what must never happen while they look: errors, foreign hosts, failed requests."""

import shutil
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
LOCALES = {"ko": "ko-KR", "en": "en-US"}
# Requests that a new page or a closed tab has made needless have not failed.
NEEDLESS = "net::ERR_ABORTED"
# What browsers say about each answer from 400 on; the answers themselves are judged.
SAID_OF_ANSWERS = "Failed to load resource"
# Of a machine that does several things at once; what is there is not waited for.
PATIENCE_MS = 90_000


def missing():
    """Return what is not there to drive a browser with, in one sentence; empty where all is there."""
    spec = find_spec("playwright")
    if spec is None or find_spec("axe_playwright_python") is None:
        return "playwright or axe-playwright-python is not installed"
    if not (Path(spec.origin).parent / "driver" / "node").exists():
        return "playwright has no driver for this machine"
    return "" if program() else f"no browser on this machine: looked for {', '.join(BROWSERS)}"


def program():
    """Return the browser's program, None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@asynccontextmanager
async def open_browser():
    """Start the browser of this machine."""
    from playwright.async_api import async_playwright, expect

    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=program(), args=["--disable-dev-shm-usage"])
        yield browser
        await browser.close()


class Visitor:
    """One person with one browser profile. `refusals` are statuses from 400 on that the story is about."""

    def __init__(self, context, home, language, *, script):
        self.context = context
        self.home = home
        self.language = language
        self.script = script
        self.page = None
        self.refusals = set()
        self.hosts = {urlsplit(home).netloc}
        self.faults = []
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.faults.append(f"page error: {error.error}"))
        context.on("request", self._on_request)
        context.on("requestfailed", self._on_failed)
        context.on("response", self._on_response)

    async def open(self, path):
        """Open `path` of the shop and return the answer."""
        return await self.page.goto(self.home + path)

    async def another_tab(self):
        """Return a second page of the same visitor."""
        page = await self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    async def log_in(self, email, password, goal="/"):
        """Log in by the form, and land on `goal`."""
        await self.open(f"/login?next={goal}")
        await self.page.locator("input[name=email]").fill(email)
        await self.page.locator("input[name=password]").fill(password)
        await self.page.locator("form[action='/login'] button[type=submit]").click()
        await self.page.wait_for_url(lambda url: "/login" not in url)

    def _on_console(self, message):
        if message.type == "error" and not message.text.startswith(SAID_OF_ANSWERS):
            self.faults.append(f"console: {message.text}")

    def _on_request(self, request):
        parts = urlsplit(request.url)
        if parts.scheme.startswith("http") and parts.netloc not in self.hosts:
            self.faults.append(f"another host: {request.method} {request.url}")

    def _on_failed(self, request):
        if request.failure != NEEDLESS:
            self.faults.append(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response):
        if response.status >= 400 and response.status not in self.refusals:
            self.faults.append(f"{response.status}: {response.request.method} {response.url}")


@asynccontextmanager
async def visiting(browser, home, *, language="ko", phone=None, script=True, dark=False, own_scripts=True):
    """Give a Visitor with a profile of their own; a Korean one has a phone unless told otherwise.

    Without `own_scripts` the pages are as they are without scripts, but a test can still run some in them.
    """
    on_phone = language == "ko" if phone is None else phone
    context = await browser.new_context(
        **(PHONE if on_phone else DESKTOP),
        locale=LOCALES[language],
        timezone_id="Asia/Seoul",
        java_script_enabled=script,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    visitor = Visitor(context, home, language, script=script)
    if not own_scripts:
        await context.route("**/*.js", lambda route: route.abort("aborted"))
    visitor.page = await visitor.another_tab()
    try:
        yield visitor
    finally:
        await context.close()
