"""Every failure as a page: what happened, in words, and the way on."""

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from jangteo.kit.errors import JangteoError
from jangteo.kit.telemetry import traces
from jangteo.web.mall import Moved
from jangteo.web.office.navigation import shown_to
from jangteo.web.problem import LoginNeeded, NotThere, Problem, Told
from jangteo.web.visit import Visit

log = logging.getLogger(__name__)

Asked = Request[Any, Any, Any]
_PAGES = (403, 404, 409, 429, 500, 503)
_SHOWN_AS = {401: 403, 405: 404, 410: 404, 502: 503, 504: 503}


def refused(request: Asked, problem: Problem) -> Response[bytes]:
    """Tell what the mall refused; who has to log in is led there."""
    visit: Visit = request.scope["state"]["visit"]
    if isinstance(problem, LoginNeeded) or problem.status == 401:
        if request.method == "GET":
            return visit.to_log_in()
        return visit.redirect("/login")
    return _page(request, problem.status, problem)


def moved(request: Asked, moved: Moved) -> Response[bytes]:
    """Lead to where the thing is now: a page ends as the API's address does."""
    visit: Visit = request.scope["state"]["visit"]
    folder = visit.path.rpartition("/")[0]
    return visit.redirect(f"{folder}/{moved.location.rpartition('/')[2]}", 301)


def troubled(request: Asked, error: JangteoError) -> Response[bytes]:
    """Tell that something of ours does not answer."""
    language = request.scope["state"].get("language", "ko")
    return _page(request, error.status, Problem(error.status, Told(code=error.code, detail=error.text(language))))


def not_served(request: Asked, error: HTTPException) -> Response[bytes]:
    """Tell that there is no such page, or that what was sent cannot be read."""
    if error.status_code >= 500:
        return unexpected(request, error)
    return _page(request, 404 if error.status_code in (400, 405) else error.status_code, NotThere())


def unexpected(request: Asked, error: Exception) -> Response[bytes]:
    """Tell that we made a mistake; the log has the details under the number that the page shows."""
    log.error("unexpected error in %s %s", request.method, request.scope["path"], exc_info=error)
    told = Told(code="unexpected", trace_id=traces.current_trace_id() or "")
    return _page(request, 500, Problem(500, told))


def _page(request: Asked, status: int, problem: Problem) -> Response[bytes]:
    visit: Visit | None = request.scope["state"].get("visit")
    if visit is None:  # not a page at all
        return Response(b"", status_code=status, media_type="text/plain")
    shown = _SHOWN_AS.get(status, status)
    shown = shown if shown in _PAGES else 500 if status >= 500 else 409
    is_office = visit.path.startswith("/office") and bool(visit.permissions)
    template = "office/error.html" if is_office else "shop/error.html"
    more: dict[str, Any] = {"entries": shown_to(visit.permissions), "area": ""} if is_office else {}
    headers = {"cache-control": "no-store"}
    return visit.page_now(template, status=status, shown=shown, problem=problem, headers=headers, **more)
