"""Routes of the second factor: setting it up, its recovery codes, and the second step of a log-in."""

import base64
from typing import Any

from litestar import Request, get, post
from litestar.params import JSONBody

from jangteo.user.api.given import PERSONAL, Caller, SecondFactor, Settings
from jangteo.user.api.sessions import address_of, device_of, told
from jangteo.user.domain.second_factor import DIGITS, STEP_SECONDS
from jangteo.user.schemas import (
    ChallengeAnswer,
    CodeGiven,
    EnrolmentOut,
    FactorOut,
    PasswordAgain,
    PasswordAndCode,
    RecoveryCodes,
    SessionOut,
)


@get("/v1/members/me/second-factor", cache_control=PERSONAL)
async def show(caller: Caller, second_factor: SecondFactor) -> FactorOut:
    """Tell whether the caller has a second factor, and must have one."""
    found = await second_factor.standing(caller.tenant, caller.member_id)
    return FactorOut(
        enabled=found.since is not None,
        since=found.since,
        recovery_codes_left=found.codes_left,
        required=found.required,
    )


@post("/v1/members/me/second-factor", cache_control=PERSONAL)
async def begin(
    data: JSONBody[PasswordAgain], request: Request[Any, Any, Any], caller: Caller, second_factor: SecondFactor
) -> EnrolmentOut:
    """Make a secret for an authenticator app; it counts once a code of it was given."""
    made = await second_factor.begin(caller.tenant, caller.member_id, data.evidence, address_of(request))
    return EnrolmentOut(
        secret=base64.b32encode(made.secret).decode(), otpauth_uri=made.uri, digits=DIGITS, period=STEP_SECONDS
    )


@post("/v1/members/me/second-factor/confirmation", cache_control=PERSONAL, status_code=200)
async def confirm(
    data: JSONBody[CodeGiven], request: Request[Any, Any, Any], caller: Caller, second_factor: SecondFactor
) -> RecoveryCodes:
    """Turn the second factor on with its first code. What it unlocks is in the tokens from the next refresh on."""
    codes = await second_factor.confirm(caller.tenant, caller.member_id, data.code, address_of(request))
    return RecoveryCodes(recovery_codes=codes)


@post("/v1/members/me/second-factor/recovery-codes", cache_control=PERSONAL)
async def renew_codes(
    data: JSONBody[PasswordAndCode], request: Request[Any, Any, Any], caller: Caller, second_factor: SecondFactor
) -> RecoveryCodes:
    """Make new recovery codes in place of the old ones."""
    codes = await second_factor.renew_codes(
        caller.tenant, caller.member_id, data.evidence, data.code, address_of(request)
    )
    return RecoveryCodes(recovery_codes=codes)


@post("/v1/members/me/second-factor/removal", status_code=204)
async def turn_off(
    data: JSONBody[PasswordAndCode], request: Request[Any, Any, Any], caller: Caller, second_factor: SecondFactor
) -> None:
    """Turn the second factor off."""
    await second_factor.turn_off(caller.tenant, caller.member_id, data.evidence, data.code, address_of(request))


@post("/v1/sessions/second-factor", cache_control=PERSONAL)
async def finish_log_in(
    data: JSONBody[ChallengeAnswer],
    request: Request[Any, Any, Any],
    caller: Caller,
    second_factor: SecondFactor,
    settings: Settings,
) -> SessionOut:
    """Answer the challenge of a log-in with a code of the app, or with a recovery code."""
    opened = await second_factor.finish_log_in(
        caller.tenant, data.challenge, data.code, address_of(request), device_of(request)
    )
    return told(opened, settings)


ROUTES = [show, begin, confirm, renew_codes, turn_off, finish_log_in]
