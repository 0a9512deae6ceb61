"""The back office, below /office: one module per area, each with its own ROUTES."""

from jangteo.web.office import desk, goods, members, messages, orders, roles, system

ROUTES = [
    *desk.ROUTES,
    *orders.ROUTES,
    *goods.ROUTES,
    *members.ROUTES,
    *roles.ROUTES,
    *messages.ROUTES,
    *system.ROUTES,
]
