"""The rows of the pages, tried after all rows of the API, and what can never be a page.

A page answers HEAD as GET, without a body: link checkers and monitors ask so. What lives as long as somebody looks
stands below /live, and what a form may send that is large below /office/uploads.
"""

from jangteo.gateway.routes import KIBIBYTE, WEB, Access, Limit, Route

PAGES: tuple[Route, ...] = (
    Route(WEB, "GET", "/static/*", Access.PUBLIC, limit=Limit.MEDIA),
    Route(WEB, "HEAD", "/static/*", Access.PUBLIC, limit=Limit.MEDIA),
    Route(WEB, "GET", "/live/*", Access.PUBLIC, streams=True),
    Route(WEB, "POST", "/office/uploads/*", Access.PUBLIC, limit=Limit.WRITE, body_bytes=16 * 1024 * KIBIBYTE),
    Route(WEB, "GET", "/*", Access.PUBLIC),
    Route(WEB, "HEAD", "/*", Access.PUBLIC),
    Route(WEB, "POST", "/*", Access.PUBLIC, limit=Limit.WRITE),
)
# Never a page: an API path that nobody knows is told so as a problem, and what is internal is not there at all.
NO_PAGE = r"(?i)/(v[0-9]+|internal|metrics|health|mall|media|openapi\.json|docs|\.well-known)(/.*)?"
