"""Routes for the other services: the public keys, and the one place where personal data leaves this service."""

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.datastructures import CacheControlHeader
from litestar.params import FromPath, JSONBody

from jangteo.contracts.user import Contact, Mail, MembersAsked, MembersMasked
from jangteo.kit.superseded import SupersededTokens
from jangteo.user.api.given import PERSONAL, Caller, KeyRing, Queries, TokenVersions


@get("/.well-known/jwks.json", cache_control=CacheControlHeader(public=True, max_age=60))
async def key_set(key_ring: KeyRing) -> dict[str, Any]:
    """Show the public keys by which access tokens are checked (JWK set, RFC 7517)."""
    return key_ring.key_set()


@get("/internal/members/{member_id:uuid}/contact", include_in_schema=False, cache_control=PERSONAL)
async def contact(member_id: FromPath[UUID], caller: Caller, queries: Queries) -> Contact:
    """Tell the notification service how to reach a member."""
    caller.require_service("notification")
    return await queries.contact(caller.tenant, member_id)


@post("/internal/members/masked", include_in_schema=False, cache_control=PERSONAL, status_code=200)
async def masked(data: JSONBody[MembersAsked], caller: Caller, queries: Queries) -> MembersMasked:
    """Tell the notification service what staff may see of those it wrote to."""
    caller.require_service("notification")
    return await queries.masked(caller.tenant, data.ids)


@get("/internal/mails/{mail_id:uuid}", include_in_schema=False, cache_control=PERSONAL)
async def mail(mail_id: FromPath[UUID], caller: Caller, queries: Queries) -> Mail:
    """Tell the notification service what to write to whom, secrets included, when it is about to send it."""
    caller.require_service("notification")
    return await queries.mail(caller.tenant, mail_id)


@get("/internal/superseded-tokens", include_in_schema=False, cache_control=PERSONAL)
async def superseded_tokens(caller: Caller, token_versions: TokenVersions) -> SupersededTokens:
    """Tell every service's token check whose roles changed lately."""
    caller.require_service()
    return await token_versions.lately()


ROUTES = [key_set, contact, masked, mail, superseded_tokens]
