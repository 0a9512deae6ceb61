"""The back office's first page."""

from litestar import Response, get

from jangteo.web.given import VisitOf
from jangteo.web.office.door import office_page


@get("/office", include_in_schema=False)
async def desk(visit: VisitOf) -> Response[bytes]:
    """Show what there is to do, for who has anything to do here."""
    return await office_page(visit, "office/desk.html", area="desk")


ROUTES = [desk]
