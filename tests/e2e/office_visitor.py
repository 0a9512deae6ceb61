"""Somebody of staff at the office's pages, by links and forms alone, as a browser without scripts would be."""

import html
import re

import httpx

TOKEN = re.compile(r'"X-Form-Token":"([^"]+)"')  # on every page, whether it has a form or not


FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
VERSION = re.compile(r'type="hidden" name="version" value="([^"]*)"')


class Desk:
    """A browser without scripts: it keeps cookies, sends the token of the form that it was shown, and follows no link
    by itself.
    """

    def __init__(self, url, language="ko"):
        headers = {"Accept-Language": language, "Accept": "text/html"}
        self.http = httpx.AsyncClient(base_url=url, headers=headers, timeout=60)
        self.page = ""

    async def open(self, path, status=200):
        """GET a page that answers with `status`; return what a reader sees of it."""
        answer = await self.http.get(path)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:2000])
        self.page = answer.text
        return html.unescape(answer.text)

    async def send(self, path, status=303, **fields):
        """POST a form with the token, and the form's version, of the page shown last; return the answer."""
        token = TOKEN.search(self.page)
        assert token, self.page[:2000]
        form = next((form for action, form in FORM.findall(self.page) if action == path), "")
        if version := VERSION.search(form):
            fields.setdefault("version", version[1])
        answer = await self.http.post(path, data={"form_token": token[1], **fields})
        assert answer.status_code == status, (path, answer.status_code, answer.text[:2000])
        if answer.status_code != 303:
            self.page = answer.text
        return answer

    async def submit(self, path, **fields):
        """POST a form and follow it to the next page; return what a reader sees of that."""
        answer = await self.send(path, **fields)
        return await self.open(answer.headers["location"])

    async def log_in(self, account):
        await self.open("/login?next=/office")
        return await self.submit("/login", email=account["email"], password=account["password"], next="/office")


def account_of(mall, role, tenant="demo"):
    """Return the demo account of a role."""
    return next(one for one in mall.accounts() if (one["tenant"], one["role"]) == (tenant, role))
