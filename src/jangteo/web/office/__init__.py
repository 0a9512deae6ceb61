"""The back office, below /office: one module per area, each with its own ROUTES."""

from jangteo.web.office import desk, members, messages, orders, system

ROUTES = [*desk.ROUTES, *orders.ROUTES, *members.ROUTES, *messages.ROUTES, *system.ROUTES]
