"""The storefront: one module per area, each with its own ROUTES."""

from jangteo.web.shop import home, preferences

ROUTES = [*home.ROUTES, *preferences.ROUTES]
