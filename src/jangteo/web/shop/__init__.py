"""The storefront: one module per area, each with its own ROUTES."""

from jangteo.web.shop import home, log_in, preferences

ROUTES = [*home.ROUTES, *log_in.ROUTES, *preferences.ROUTES]
