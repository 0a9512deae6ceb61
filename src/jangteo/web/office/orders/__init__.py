"""Orders in the back office: the list, one order, and what staff do with it."""

from jangteo.web.office.orders import acts, listing, order_page

ROUTES = [*listing.ROUTES, *order_page.ROUTES, *acts.ROUTES]
