"""Routes of logging in by other providers, and of the accounts there that a member has linked."""

from typing import Any

from litestar import Request, Response, delete, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody

from jangteo.user.api import given
from jangteo.user.api.given import PERSONAL, ByProvider, Caller, Settings
from jangteo.user.api.sessions import address_of, admitted, device_of
from jangteo.user.commands.identities import Begun, Unfinished
from jangteo.user.domain.identity import LOGIN_LIFE
from jangteo.user.domain.member import Language
from jangteo.user.oidc.schemas import (
    Completion,
    IdentitiesOut,
    IdentityOut,
    LogInBegun,
    LogInUnfinished,
    PasswordForLink,
    ProofOut,
    ProviderOut,
    ProvidersOut,
    ReturnTo,
    SignUpByProvider,
)
from jangteo.user.proofs import LIFE as PROOF_LIFE
from jangteo.user.schemas import ChallengeOut, SessionOut

_SECONDS = int(LOGIN_LIFE.total_seconds())
_LOG_INS = "/v1/identity-providers/{provider:str}/log-ins"
_MINE = "/v1/members/me/identities/{provider:str}"
_UNFINISHED = {202: ResponseSpec(LogInUnfinished, description="Something more is asked for")}


@get("/v1/identity-providers", cache_control=PERSONAL)
async def offered(caller: Caller, by_provider: ByProvider) -> ProvidersOut:
    """Show by which providers one can log in at this shop."""
    found = by_provider.offered(caller.tenant)
    return ProvidersOut(items=[ProviderOut(name=name, title=title) for name, title in found.items()])


@post(_LOG_INS, cache_control=PERSONAL)
async def begin(
    provider: FromPath[str], data: JSONBody[ReturnTo], caller: Caller, by_provider: ByProvider
) -> LogInBegun:
    """Begin to log in: send the visitor to `authorization_url`, and keep `login_token` in the browser."""
    return _begun(await by_provider.begin(caller.tenant, provider, data.redirect_uri))


@post(_LOG_INS + "/completion", cache_control=PERSONAL, responses=_UNFINISHED)
async def complete(
    provider: FromPath[str],
    data: JSONBody[Completion],
    request: Request[Any, Any, Any],
    caller: Caller,
    by_provider: ByProvider,
    settings: Settings,
) -> Response[Any]:
    """Go on with what the provider added to the address of return.

    202 says what else is `needed`: the `password` of the member with this e-mail, the `consents` of a new one, or the
    second factor (a challenge as at the log-in by password).
    """
    found = await by_provider.complete(
        caller.tenant, provider, data.login_token, data.state, data.code, device_of(request)
    )
    if isinstance(found, Unfinished):
        told = LogInUnfinished(needed=found.needed, email=found.email, name=found.name, expires_in=_SECONDS)
        return Response(told, status_code=202)
    return admitted(found, settings)


@post(_LOG_INS + "/password", cache_control=PERSONAL, responses=_UNFINISHED)
async def prove_password(
    provider: FromPath[str],
    data: JSONBody[PasswordForLink],
    request: Request[Any, Any, Any],
    caller: Caller,
    by_provider: ByProvider,
    settings: Settings,
) -> Response[SessionOut | ChallengeOut]:
    """Link the account to the member with the same e-mail, by that member's password."""
    found = await by_provider.prove_password(
        caller.tenant, provider, data.login_token, data.password, address_of(request), device_of(request)
    )
    return admitted(found, settings)


@post(_LOG_INS + "/sign-up", cache_control=PERSONAL, responses=_UNFINISHED)
async def sign_up(
    provider: FromPath[str],
    data: JSONBody[SignUpByProvider],
    request: Request[Any, Any, Any],
    caller: Caller,
    language: given.Language,
    by_provider: ByProvider,
    settings: Settings,
) -> Response[SessionOut | ChallengeOut]:
    """Become a member with the account; e-mail and name are asked for where the provider did not tell them."""
    spoken: Language = "en" if language == "en" else "ko"
    return admitted(await by_provider.sign_up(caller.tenant, provider, data, spoken, device_of(request)), settings)


@get("/v1/members/me/identities", cache_control=PERSONAL)
async def mine(caller: Caller, by_provider: ByProvider) -> IdentitiesOut:
    """Show the accounts by which the caller can log in."""
    found = await by_provider.of(caller.tenant, caller.member_id)
    items = [IdentityOut(provider=one.provider, linked_at=one.linked_at, used_at=one.used_at) for one in found]
    return IdentitiesOut(items=items)


@post(_MINE, cache_control=PERSONAL)
async def begin_linking(
    provider: FromPath[str], data: JSONBody[ReturnTo], caller: Caller, by_provider: ByProvider
) -> LogInBegun:
    """Begin to link an account to the caller's own."""
    return _begun(await by_provider.begin(caller.tenant, provider, data.redirect_uri, caller.member_id))


@post(_MINE + "/completion", cache_control=PERSONAL, status_code=204)
async def link(provider: FromPath[str], data: JSONBody[Completion], caller: Caller, by_provider: ByProvider) -> None:
    """Link the account that the provider proved."""
    await by_provider.link(caller.tenant, provider, data.login_token, data.state, data.code, caller.member_id)


@post(_MINE + "/proof", cache_control=PERSONAL)
async def prove(
    provider: FromPath[str], data: JSONBody[Completion], caller: Caller, by_provider: ByProvider
) -> ProofOut:
    """Prove who one is by a log-in, begun as for linking, at an account that is linked; for those without password."""
    proof = await by_provider.prove(caller.tenant, provider, data.login_token, data.state, data.code, caller.member_id)
    return ProofOut(proof=proof, expires_in=int(PROOF_LIFE.total_seconds()))


@delete(_MINE)
async def unlink(provider: FromPath[str], caller: Caller, by_provider: ByProvider) -> None:
    """Remove a linked account, unless it is the last way in."""
    await by_provider.unlink(caller.tenant, provider, caller.member_id)


def _begun(begun: Begun) -> LogInBegun:
    return LogInBegun(authorization_url=begun.authorization_url, login_token=begun.login_token, expires_in=_SECONDS)


ROUTES = [offered, begin, complete, prove_password, sign_up, mine, begin_linking, link, prove, unlink]
