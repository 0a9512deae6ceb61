"""The back office, below /office: one module per area, each with its own ROUTES."""

from jangteo.web.office import desk, members, messages, orders, roles, system

ROUTES = [*desk.ROUTES, *orders.ROUTES, *members.ROUTES, *roles.ROUTES, *messages.ROUTES, *system.ROUTES]
