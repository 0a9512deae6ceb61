"""The routes of the product service."""

from litestar.types import ControllerRouterHandler

from jangteo.product.api import internal, media, staff, window
from jangteo.product.catalogue.listing import Listings


def routes(listings: Listings) -> list[ControllerRouterHandler]:
    """Return all routes; `listings` has the lists that are known already."""
    return [*window.routes(listings), *staff.ROUTES, *internal.ROUTES, *media.ROUTES]
