"""The storefront: one module per area, each with its own ROUTES."""

from jangteo.web.shop import cart, checkout, finding, home, listing, orders, paying, preferences, product, wishlist

ROUTES = [
    *home.ROUTES,
    *finding.ROUTES,
    *listing.ROUTES,
    *product.ROUTES,
    *wishlist.ROUTES,
    *cart.ROUTES,
    *checkout.ROUTES,
    *paying.ROUTES,
    *orders.ROUTES,
    *preferences.ROUTES,
]
