"""The back office, below /office: one module per area, each with its own ROUTES."""

from jangteo.web.office import desk

ROUTES = [*desk.ROUTES]
