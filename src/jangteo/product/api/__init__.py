"""The routes of the product service."""

from litestar.types import ControllerRouterHandler

from jangteo.product.api import internal, media, office, staff, window
from jangteo.product.catalogue.listing import Listings
from jangteo.product.catalogue.showcase import Showcase


def routes(listings: Listings, showcase: Showcase) -> list[ControllerRouterHandler]:
    """Return all routes; `listings` and `showcase` have what is known already."""
    return [
        *window.routes(listings, showcase),
        *staff.ROUTES,
        *office.ROUTES,
        *internal.routes(showcase),
        *media.ROUTES,
    ]
