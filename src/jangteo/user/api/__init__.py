"""The routes of the user service."""

from jangteo.user.api import (
    addresses,
    consents,
    devices,
    grades,
    identities,
    internal,
    links,
    log_ins,
    looking_up,
    members,
    roles,
    second_factor,
    sessions,
)

ROUTES = [
    *members.ROUTES,
    *looking_up.ROUTES,
    *identities.ROUTES,
    *consents.ROUTES,
    *second_factor.ROUTES,
    *sessions.ROUTES,
    *links.ROUTES,
    *devices.ROUTES,
    *log_ins.ROUTES,
    *grades.ROUTES,
    *addresses.ROUTES,
    *roles.ROUTES,
    *internal.ROUTES,
]
