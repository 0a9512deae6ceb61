"""The mailbox's HTTP: JSON for programs, pages for people; a mail's own page can do nothing but be read."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromQuery, PathParameter, QueryParameter, SkipValidation
from litestar.types import ControllerRouterHandler

from jangteo.sandbox.database import Database
from jangteo.sandbox.entrance import MOST, Cursor, json_response
from jangteo.sandbox.mailbox import store
from jangteo.sandbox.mailbox.reading import content_of, opened_elsewhere
from jangteo.sandbox.mailbox.schemas import full_mail_view, mail_view
from jangteo.sandbox.mailbox.settings import MailboxSettings
from jangteo.sandbox.pages import SAFE_HEADERS, Pages, language_of
from jangteo.sandbox.problems import HANDLERS, Refusal

AnyRequest = Request[Any, Any, Any]
DatabaseOf = NamedDependency[SkipValidation[Database]]
PagesOf = NamedDependency[SkipValidation[Pages]]
SettingsOf = NamedDependency[SkipValidation[MailboxSettings]]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
MessageId = Annotated[int, PathParameter(ge=1, le=MOST)]
PAGE_SIZE = 50
SEOUL = ZoneInfo("Asia/Seoul")


class OtherSite(Refusal):
    """Another site's page may not empty the mailbox of whoever looks at it."""

    status = 403
    code = "other_site"
    detail = "This comes from another site."


@get("/api/messages")
async def list_messages(
    database: DatabaseOf, to: FromQuery[str] = "", subject: FromQuery[str] = "", after: Cursor = 0, limit: Limit = 50
) -> Response[bytes]:
    """List mails, newest first; `after`: only those with a greater id."""
    mails = store.listed(database, to=to, subject=subject, after=after, limit=limit)
    return json_response({"messages": [mail_view(mail) for mail in mails]})


@get("/api/messages/{message_id:int}")
async def show_message(database: DatabaseOf, message_id: MessageId) -> Response[bytes]:
    """Show a whole mail."""
    mail, raw = store.load(database, message_id)
    return json_response(full_mail_view(mail, content_of(raw)))


@delete("/api/messages", status_code=200)
async def clear_messages(database: DatabaseOf) -> Response[bytes]:
    """Throw all mails away."""
    return json_response({"deleted": store.clear(database)})


@get("/", include_in_schema=False)
async def list_page(
    request: AnyRequest, database: DatabaseOf, pages: PagesOf, to: FromQuery[str] = "", before: Cursor = 0
) -> Response[bytes]:
    """Show the list."""
    mails = store.listed(database, to=to, before=before, limit=PAGE_SIZE + 1)
    return pages.answer(
        "list.html",
        language_of(request),
        posts_to="'self'",
        mails=mails[:PAGE_SIZE],
        older=mails[PAGE_SIZE - 1].id if len(mails) > PAGE_SIZE else 0,
        to=to,
        before=before,
        when=_when,
    )


@get("/messages/{message_id:int}", include_in_schema=False)
async def message_page(
    request: AnyRequest, database: DatabaseOf, pages: PagesOf, message_id: MessageId, view: FromQuery[str] = ""
) -> Response[bytes]:
    """Show a mail: its page in a frame, its text, or its source."""
    mail, raw = store.load(database, message_id)
    content = content_of(raw)
    if view not in ("html", "text", "source"):
        view = "html" if content.html else "text"
    return pages.answer(
        "message.html",
        language_of(request),
        mail=mail,
        content=content,
        view=view,
        source=raw.decode("utf-8", "replace") if view == "source" else "",
        when=_when,
    )


@get("/messages/{message_id:int}/html", include_in_schema=False)
async def message_html(database: DatabaseOf, settings: SettingsOf, message_id: MessageId) -> Response[bytes]:
    """Show the page that a mail is, shut in: no script, no form, no cookies, no pictures but the shop's."""
    _, raw = store.load(database, message_id)
    policy = (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
        f"img-src data: {' '.join(settings.picture_origins())}; form-action 'none'; frame-ancestors 'self'"
    )
    body = opened_elsewhere(content_of(raw).html).encode()
    headers = {"Content-Security-Policy": policy, **SAFE_HEADERS}
    return Response(body, media_type="text/html; charset=utf-8", headers=headers)


@get("/messages/{message_id:int}/source", include_in_schema=False)
async def message_source(database: DatabaseOf, message_id: MessageId) -> Response[bytes]:
    """Give the mail as it came."""
    _, raw = store.load(database, message_id)
    headers = {"Content-Security-Policy": "sandbox; default-src 'none'", **SAFE_HEADERS}
    return Response(raw, media_type="text/plain; charset=utf-8", headers=headers)


@post("/clear", include_in_schema=False)
async def clear_page(request: AnyRequest, database: DatabaseOf) -> Response[bytes]:
    """Throw all mails away for somebody who pressed the button, and show the empty list."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise OtherSite
    origin, host = request.headers.get("Origin"), request.headers.get("Host", "")
    if origin is not None and origin.partition("://")[2] != host:
        raise OtherSite
    store.clear(database)
    return Response(b"", status_code=303, headers={"Location": "/"})


def routes(settings: MailboxSettings, database: Database) -> list[ControllerRouterHandler]:
    """Return the routes of the mailbox."""
    pages = Pages(Path(__file__).parent)
    programs = (list_messages, show_message, clear_messages)
    people = (list_page, message_page, message_html, message_source, clear_page)
    everything = Router(
        path="/",
        route_handlers=[*programs, *people, pages.static_route()],
        dependencies={
            "database": Provide(lambda: database, use_cache=True, sync_to_thread=False),
            "pages": Provide(lambda: pages, use_cache=True, sync_to_thread=False),
            "settings": Provide(lambda: settings, use_cache=True, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
    )
    return [everything]


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, SEOUL):%Y-%m-%d %H:%M:%S}"
