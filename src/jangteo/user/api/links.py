"""Routes of what is done by way of a mail: proving an address, resetting a password, changing an address.

What is asked for by an address is answered alike for members and strangers. Opening a link spends nothing, since mail
scanners open all of them: a token is used by POST only.
"""

from typing import Any

from litestar import Request, delete, post, put
from litestar.params import JSONBody

from jangteo.user.account_schemas import (
    Accepted,
    AddressGiven,
    EmailChange,
    EmailChangeOut,
    LinkToken,
    PasswordChanged,
    PasswordReset,
)
from jangteo.user.api.given import PERSONAL, Caller, Email, Links, PasswordChange, Sessions
from jangteo.user.api.sessions import address_of

_CHANGE = "/v1/members/me/email-change"


@post("/v1/email-verifications", cache_control=PERSONAL, status_code=202)
async def ask_verification(
    data: JSONBody[AddressGiven], request: Request[Any, Any, Any], caller: Caller, links: Links
) -> Accepted:
    """Ask for another mail to confirm one's address."""
    await links.ask(caller.tenant, data.email, "verify_email", address_of(request))
    return Accepted()


@post("/v1/email-verifications/confirmation", status_code=204)
async def verify(data: JSONBody[LinkToken], caller: Caller, email: Email) -> None:
    """Confirm one's address with the token of the mail."""
    await email.verify(caller.tenant, data.token)


@post("/v1/password-resets", cache_control=PERSONAL, status_code=202)
async def ask_reset(
    data: JSONBody[AddressGiven], request: Request[Any, Any, Any], caller: Caller, links: Links
) -> Accepted:
    """Ask for a mail to choose another password."""
    await links.ask(caller.tenant, data.email, "reset_password", address_of(request))
    return Accepted()


@post("/v1/password-resets/confirmation", status_code=204)
async def reset(
    data: JSONBody[PasswordReset], caller: Caller, password_change: PasswordChange, sessions: Sessions
) -> None:
    """Choose another password with the token of the mail; all sessions end."""
    owner = await password_change.reset(caller.tenant, data.token, data.password)
    await sessions.unlock(caller.tenant, owner)


@put("/v1/members/me/password", status_code=204)
async def change_password(
    data: JSONBody[PasswordChanged],
    request: Request[Any, Any, Any],
    caller: Caller,
    password_change: PasswordChange,
) -> None:
    """Change one's password; all other sessions end."""
    member = caller.member_id
    await password_change.change(
        caller.tenant, member, caller.session, data.current_password, data.new_password, address_of(request)
    )


@put(_CHANGE, cache_control=PERSONAL, status_code=202)
async def ask_change(
    data: JSONBody[EmailChange], request: Request[Any, Any, Any], caller: Caller, email: Email
) -> Accepted:
    """Ask for another e-mail address; it holds once it is confirmed at the old one and at the new one."""
    await email.ask_change(caller.tenant, caller.member_id, data.email, data.password, address_of(request))
    return Accepted()


@delete(_CHANGE)
async def drop_change(caller: Caller, email: Email) -> None:
    """Take back a change of address that waits for its confirmations."""
    await email.drop_change(caller.tenant, caller.member_id)


@post("/v1/email-changes/confirmation", cache_control=PERSONAL, status_code=200)
async def confirm_change(data: JSONBody[LinkToken], caller: Caller, email: Email) -> EmailChangeOut:
    """Confirm a change of address with the token of one of the two mails."""
    return EmailChangeOut(status=await email.confirm_change(caller.tenant, data.token))


ROUTES = [ask_verification, verify, ask_reset, reset, change_password, ask_change, drop_change, confirm_change]
