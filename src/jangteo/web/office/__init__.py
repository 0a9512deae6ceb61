"""The back office, below /office: one module per area, each with its own ROUTES."""

from jangteo.web.office import desk, members, messages, system

ROUTES = [*desk.ROUTES, *members.ROUTES, *messages.ROUTES, *system.ROUTES]
