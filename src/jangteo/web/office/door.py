"""How every page of the back office is answered: to staff only, with the areas that they may enter at its side."""

from typing import Any

from litestar import Response

from jangteo.web.office.navigation import shown_to
from jangteo.web.problem import NotAllowed
from jangteo.web.visit import Visit


async def office_page(
    visit: Visit, template: str, *, area: str, needs: tuple[str, ...] = (), **values: Any
) -> Response[bytes]:
    """Answer with a page of `area`; `needs` names permissions of which the visitor must have one.

    Raises LoginNeeded, NotAllowed. The services refuse by themselves what somebody may not do; this only spares
    people a page that can show them nothing.
    """
    visit.require_member()
    if not visit.permissions and visit.tokens is not None and visit.tokens.second_factor_missing:
        raise NotAllowed("office.second_factor")
    if not visit.permissions or (needs and not visit.permissions.intersection(needs)):
        raise NotAllowed("office.closed")
    return await visit.page(template, area=area, entries=shown_to(visit.permissions), **values)
