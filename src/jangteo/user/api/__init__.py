"""The routes of the user service."""

from jangteo.user.api import addresses, internal, members, roles, sessions

ROUTES = [*members.ROUTES, *sessions.ROUTES, *addresses.ROUTES, *roles.ROUTES, *internal.ROUTES]
