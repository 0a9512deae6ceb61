"""The storefront: one module per area, each with its own ROUTES."""

from jangteo.web.shop import finding, home, listing, preferences, product, wishlist

ROUTES = [*home.ROUTES, *finding.ROUTES, *listing.ROUTES, *product.ROUTES, *wishlist.ROUTES, *preferences.ROUTES]
