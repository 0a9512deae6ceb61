"""The routes of the product service."""

from litestar.types import ControllerRouterHandler

from jangteo.product.api import internal, media, office, sheets, staff, window
from jangteo.product.catalogue.listing import Listings
from jangteo.product.catalogue.showcase import Showcase


def routes(listings: Listings, showcase: Showcase) -> list[ControllerRouterHandler]:
    """Return all routes; `listings` and `showcase` have what is known already."""
    staff_routes = [*staff.ROUTES, *office.ROUTES, *sheets.ROUTES]
    return [*window.routes(listings, showcase), *staff_routes, *internal.routes(showcase), *media.ROUTES]
