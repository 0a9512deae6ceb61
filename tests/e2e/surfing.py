"""Somebody with a browser that runs no script: goes to pages, fills their forms in, follows where they lead."""

import html.parser
from urllib.parse import urlsplit

import httpx

_MOST_STEPS = 8
# What a newcomer has to tick.
REQUIRED = ("terms", "privacy", "is_14_or_older")


class Form:
    """A form of a page: where it goes, and what is in it before anybody types."""

    def __init__(self, action, method):
        self.action, self.method = action, method
        self.fields, self.boxes, self.buttons = {}, set(), []


class Page(html.parser.HTMLParser):
    """An answer, as far as a visitor has use of it."""

    def __init__(self, response):
        super().__init__()
        self.status, self.url, self.headers = response.status_code, str(response.url), response.headers
        self.text = response.text if "html" in response.headers.get("content-type", "") else ""
        self.forms, self.links, self.errors, self.words, self.h1 = [], [], [], [], ""
        self._within, self._select, self._area = [], None, None
        self.feed(self.text)

    @property
    def path(self):
        """Where one is, without the host."""
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    def form(self, action):
        """Return the form that goes to `action`."""
        found = [form for form in self.forms if form.action == action]
        assert found, f"no form to {action} on {self.path}: {[form.action for form in self.forms]}\n{self.words}"
        return found[0]

    def says(self, text):
        """Return whether a visitor can read `text`."""
        return text in " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attributes):
        """See HTMLParser."""
        given = dict(attributes)
        name = given.get("name")
        if tag in ("input", "meta", "link", "img", "br", "use"):
            self._input(tag, given, name)
            return
        self._within.append((tag, given.get("class") or ""))
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        elif tag == "button" and name and self.forms:
            self.forms[-1].buttons.append(name)
        elif tag == "textarea" and name:
            self.forms[-1].fields[name], self._area = "", name
        elif tag == "select" and name:
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.forms[-1].fields):
            self.forms[-1].fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag):
        """See HTMLParser."""
        if tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None
        if any(tag == open_one for open_one, _ in self._within):
            while self._within.pop()[0] != tag:
                pass

    def handle_data(self, data):
        """See HTMLParser."""
        if self._area:
            self.forms[-1].fields[self._area] += data
        text = data.strip()
        if not text or any(tag in ("style", "script") for tag, _ in self._within):
            return
        self.words.append(text)
        if any(tag == "h1" for tag, _ in self._within):
            self.h1 = f"{self.h1} {text}".strip()
        if any("field-error" in names or "notice-bad" in names for _, names in self._within):
            self.errors.append(text)

    def _input(self, tag, given, name):
        if tag != "input" or not name or not self.forms:
            return
        form = self.forms[-1]
        if given.get("type") in ("checkbox", "radio"):
            form.boxes.add(name)
            assert given.get("type") == "radio" or "value" in given
            if "checked" not in given:
                return
        values = form.fields.setdefault(name, []) if name == "text" else None
        if values is None:
            form.fields[name] = given.get("value", "")
        else:
            values.append(given.get("value", ""))


class Surfer:
    """A visitor: cookies, a language, and the page last seen."""

    def __init__(self, url, language="ko", host=None):
        headers = {"Accept-Language": language, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/131.0.0.0"}
        self.base, self.host = url, host
        self.http = httpx.AsyncClient(base_url=url, headers=headers, verify=False, timeout=30)
        self.page = None

    async def go(self, path):
        """Open a page, and follow where it leads within the shop."""
        return await self._follow(await self._send("GET", path))

    async def fill(self, action, ticks=(), **typed):
        """Send the form of this page that goes to `action`, with what is typed and ticked; None empties a field."""
        form = self.page.form(action)
        fields = {**form.fields, **typed, **dict.fromkeys(ticks, "1")}
        unknown = set(typed) - set(form.fields) - form.boxes - set(form.buttons) - {"form_token"}
        assert not unknown, f"{action} has no field {unknown}"
        sent = {name: value for name, value in fields.items() if value is not None}
        return await self._follow(await self._send(form.method.upper(), action, sent))

    async def post(self, path, fields, **headers):
        """Send what no page of the shop has asked for."""
        return await self._send("POST", path, fields, headers)

    async def _send(self, method, path, fields=None, more=None):
        headers = {name.replace("_", "-"): value for name, value in (more or {}).items()}
        if self.host:
            headers["Host"] = self.host
        # httpx keeps cookies by the host that it connects to.
        if method == "GET" and fields:
            return await self.http.get(path, params=fields, headers=headers)
        return await self.http.request(method, path, data=fields, headers=headers)

    async def _follow(self, response):
        for _ in range(_MOST_STEPS):
            if not response.is_redirect:
                break
            where = urlsplit(response.headers["location"])
            assert not where.netloc, f"led to {where.netloc}"
            response = await self._send("GET", response.headers["location"])
        self.page = Page(response)
        return self.page
