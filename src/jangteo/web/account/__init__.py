"""The pages of an account: becoming a member, one's own data and settings, and leaving."""

from jangteo.web.account import (
    addresses,
    consents,
    links,
    log_in,
    overview,
    own_data,
    profile,
    providers,
    second_factor,
    security,
    shop_texts,
    sign_up,
)

ROUTES = [
    *log_in.ROUTES,
    *sign_up.ROUTES,
    *providers.ROUTES,
    *links.ROUTES,
    *overview.ROUTES,
    *profile.ROUTES,
    *addresses.ROUTES,
    *security.ROUTES,
    *second_factor.ROUTES,
    *consents.ROUTES,
    *own_data.ROUTES,
    *shop_texts.ROUTES,
]
