"""Routes of becoming a member and of one's own profile."""

import re

from litestar import Response, get, patch, post
from litestar.params import JSONBody

from jangteo.kit.errors import Invalid
from jangteo.user.account_schemas import MeOut
from jangteo.user.api import given
from jangteo.user.api.given import PERSONAL, Caller, IfMatch, Membership, Queries
from jangteo.user.domain.member import Language, Member
from jangteo.user.schemas import MemberChange, MemberOut, SignUp

_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


class EtagInvalid(Invalid):
    """The If-Match header is not an ETag of ours."""

    code = "if_match.invalid"
    ko = "If-Match 값이 올바르지 않습니다."
    en = "The value of If-Match is not an ETag given here."


@post("/v1/members", cache_control=PERSONAL)
async def sign_up(
    data: JSONBody[SignUp], caller: Caller, language: given.Language, membership: Membership
) -> MemberOut:
    """Become a member."""
    spoken: Language = "en" if language == "en" else "ko"
    return told(await membership.sign_up(caller.tenant, data, spoken))


@get("/v1/members/me", cache_control=PERSONAL)
async def me(caller: Caller, queries: Queries) -> Response[MeOut]:
    """Show the caller's own profile, grade, roles and consents."""
    found = await queries.me(caller.tenant, caller.member_id)
    return Response(found, headers={"ETag": f'"{found.version}"'})


@patch("/v1/members/me", cache_control=PERSONAL)
async def change_me(
    data: JSONBody[MemberChange],
    caller: Caller,
    membership: Membership,
    queries: Queries,
    if_match: IfMatch = None,
) -> Response[MeOut]:
    """Change the caller's own profile; with If-Match, only if nobody changed it since."""
    await membership.change(caller.tenant, data, caller.member_id, _version(if_match))
    found = await queries.me(caller.tenant, caller.member_id)
    return Response(found, headers={"ETag": f'"{found.version}"'})


def told(member: Member) -> MemberOut:
    """Return a member as the member is told."""
    return MemberOut(
        id=member.id,
        email=member.profile.email,
        name=member.profile.name,
        phone=member.profile.phone,
        language=member.language,
        created_at=member.created_at,
        email_verified=member.email_verified,
    )


def _version(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    match = _ETAG.fullmatch(if_match.strip())
    if match is None:
        raise EtagInvalid(field="If-Match")
    return int(match[1])


ROUTES = [sign_up, me, change_me]
