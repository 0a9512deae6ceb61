"""By whom one can log in at a shop, beside its own passwords."""

from jangteo.web.account.answers import Provider, Providers
from jangteo.web.problem import Problem
from jangteo.web.visit import Visit

FRESH_SECONDS = 60.0


async def offered(visit: Visit) -> list[Provider]:
    """Return the providers of this shop; none while that cannot be told."""
    try:
        return (await visit.mall.window("/v1/identity-providers", Providers, seconds=FRESH_SECONDS)).items
    except Problem:
        return []
