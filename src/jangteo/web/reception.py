"""Where every request for a page comes in: finds out who the visitor is, and at the end keeps what has changed."""

import logging
from collections.abc import Mapping
from typing import Any

from jangteo.kit.errors import Unavailable
from jangteo.kit.http.entrance import Application, network_address
from jangteo.web.company import Company
from jangteo.web.mall import Gateway, Mall, Visitor
from jangteo.web.session import Session, Sessions
from jangteo.web.texts import LANGUAGES
from jangteo.web.visit import LANGUAGE_COOKIE, THEME_COOKIE, Visit

log = logging.getLogger(__name__)

COOKIE = "jangteo_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
# What a first page leaves beside the session, which another first page opened at once may take the place of.
FORM_COOKIE = "jangteo_form_"
FORM_COOKIE_SECONDS = 86_400
THEMES = ("light", "dark")
_WITHOUT = ("/static/", "/health/")


class Reception:
    """Wraps the application; `scope["state"]["visit"]` is the visit."""

    def __init__(
        self, application: Application, sessions: Sessions, gateway: Gateway, companies: Mapping[str, Company]
    ) -> None:
        self._application = application
        self._sessions = sessions
        self._gateway = gateway
        self._companies = companies

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http" or scope["path"].startswith(_WITHOUT) or scope["path"] == "/metrics":
            await self._application(scope, receive, send)
            return
        visit = await self._welcome(scope)
        scope["state"]["visit"] = visit

        async def send_with_cookies(message: Any) -> None:
            if message["type"] == "http.response.start":
                cookies = [(b"set-cookie", one.encode("latin-1")) for one in await self._farewell(visit)]
                message = {**message, "headers": [*message["headers"], *cookies]}
            await send(message)

        await self._application(scope, receive, send_with_cookies)

    async def _welcome(self, scope: Any) -> Visit:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        cookies = _cookies(headers.get(b"cookie", b""))
        tenant = scope["state"]["caller"].tenant
        scheme = "https" if headers.get(b"x-forwarded-proto") == b"https" else "http"
        asked = cookies.get(LANGUAGE_COOKIE, "")
        visitor = Visitor(
            host=headers.get(b"host", b"").decode("latin-1"),
            scheme=scheme,
            address=network_address(headers, scope.get("client")),
            language=asked if asked in LANGUAGES else scope["state"]["language"],
            agent=headers.get(b"user-agent", b"-").decode("latin-1")[:300],
        )
        trouble = None
        try:
            session = await self._sessions.load(tenant, cookies.get(_name(scheme), ""))
        except Unavailable as error:
            session, trouble = Session(tenant), error
        spare = _form_cookie(scheme)
        session.spare_form_keys = [value for name, value in cookies.items() if name.startswith(spare)]
        theme = cookies.get(THEME_COOKIE, "")
        visit = Visit(
            visitor,
            session,
            Mall(self._gateway, visitor, session),
            self._companies[tenant],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            theme=theme if theme in THEMES else "",
            is_htmx=headers.get(b"hx-request") == b"true",
        )
        visit.trouble = trouble
        return visit

    async def _farewell(self, visit: Visit) -> list[str]:
        if visit.trouble is not None:
            return visit.cookies  # nobody loses a session because we could not look it up
        before = visit.session.cookie
        try:
            await self._sessions.save(visit.session)
        except Unavailable as error:
            log.warning("a session is not kept: %s", error)
            return visit.cookies
        # Who is given neither a form nor anything to come back for needs no cookie: a robot, a program, a manifest.
        is_needed = visit.session.is_needed or visit.session.is_kept
        if (visit.session.is_new and is_needed) or visit.session.cookie != before:
            scheme = visit.visitor.scheme
            secure = "; Secure" if scheme == "https" else ""
            rest = f"Path=/; HttpOnly; SameSite=Lax{secure}"
            given = [f"{_name(scheme)}={visit.session.cookie}; Max-Age={self._sessions.seconds}; {rest}"]
            if visit.session.is_first:
                key = visit.session.form_key().hex()
                given.append(f"{_form_cookie(scheme)}{key[:3]}={key}; Max-Age={FORM_COOKIE_SECONDS}; {rest}")
            return [*visit.cookies, *given]
        return visit.cookies


def _name(scheme: str) -> str:
    return SECURE_COOKIE if scheme == "https" else COOKIE


def _form_cookie(scheme: str) -> str:
    return f"__Host-{FORM_COOKIE}" if scheme == "https" else FORM_COOKIE


def _cookies(header: bytes) -> dict[str, str]:
    """Return the cookies; a parser for all that a cookie may hold would cost more than the rest of this file."""
    pairs = (part.partition("=") for part in header.decode("latin-1").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}
