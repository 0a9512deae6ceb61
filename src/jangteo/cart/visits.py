"""Finds out whose cart a request is about, merges a guest's things into a member's, and tells a guest the token.

A browser is recognised by a cookie that its scripts cannot read; any other client sends X-Cart-Token, and finds it in
the answer. A member who still has a guest's token brings that cart along.
"""

import re
from typing import Any, TypeVar

from litestar import Request, Response

from jangteo.cart.commands import Shopping
from jangteo.cart.domain import Owner
from jangteo.cart.guests import CartTokenInvalid, Guests
from jangteo.cart.store import Cut
from jangteo.kit.auth import Caller
from jangteo.kit.errors import Invalid

COOKIE = "jangteo_cart"
HEADER = "X-Cart-Token"
_DAY = 86_400
_ETAG = re.compile(r'(?:W/)?"(\d{1,15})"')

BodyT = TypeVar("BodyT")


class IfMatchInvalid(Invalid):
    """The If-Match header is not an ETag of ours."""

    code = "if_match.invalid"
    ko = "If-Match 값이 올바르지 않습니다."
    en = "The value of If-Match is not an ETag given here."


class Visit:
    """One request to one cart."""

    def __init__(self, owner: Owner, *, is_new: bool = False, secure: bool = False) -> None:
        self.owner = owner
        self.is_new = is_new  # of a guest who has no cart yet
        self.cut: list[Cut] = []
        self.token = ""
        self._cookie = ""
        self._secure = secure

    def set_cookie(self, token: str, seconds: int) -> None:
        """Let the answer give the browser the guest's token; an empty one takes the cookie back."""
        secure = "; Secure" if self._secure else ""
        self._cookie = f"{COOKIE}={token}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{secure}"

    def answer(self, body: BodyT, version: int | None = None, status: int = 200) -> Response[BodyT]:
        """Return the response: with the version of a cart as its ETag, kept by no cache."""
        headers = {"Cache-Control": "no-store"}
        if version is not None:
            headers["ETag"] = f'"{version}"'
        if self.token:
            headers[HEADER] = self.token
        if self._cookie:
            headers["Set-Cookie"] = self._cookie
        return Response(body, status_code=status, headers=headers)


class Door:
    """Where every request to a cart comes in."""

    def __init__(self, guests: Guests, shopping: Shopping, guest_days: int) -> None:
        self._guests = guests
        self._shopping = shopping
        self._seconds = guest_days * _DAY

    async def enter(self, request: Request[Any, Any, Any], caller: Caller) -> Visit:
        """Return the visit, a guest's cart merged where a member brought one.

        Raises CartTokenInvalid, Unauthenticated for a service, Unavailable.
        """
        guest, has_cookie, has_header = self._guest(request, caller.tenant)
        secure = request.headers.get("x-forwarded-proto") == "https"
        if caller.kind == "guest":
            return self._guests_visit(caller.tenant, guest, secure, cookie=not has_header)
        visit = Visit(Owner(caller.tenant, "member", str(caller.member_id)), secure=secure)
        if guest is not None:
            visit.cut = await self._shopping.merge(Owner(caller.tenant, "guest", guest), visit.owner)
        if has_cookie:
            visit.set_cookie("", 0)
        return visit

    def renew(self, visit: Visit) -> Visit:
        """Return the visit of the same guest with a new cart, because the old one became a member's."""
        return self._guests_visit(visit.owner.tenant, None, visit._secure, cookie=True)

    def _guests_visit(self, tenant: str, guest: str | None, secure: bool, *, cookie: bool) -> Visit:
        id = guest or self._guests.new_id()
        visit = Visit(Owner(tenant, "guest", id), is_new=guest is None, secure=secure)
        visit.token = self._guests.token(tenant, id)
        if cookie:
            visit.set_cookie(visit.token, self._seconds)
        return visit

    def _guest(self, request: Request[Any, Any, Any], tenant: str) -> tuple[str | None, bool, bool]:
        cookie = request.cookies.get(COOKIE) if "cookie" in request.headers else None
        if header := request.headers.get(HEADER):
            guest = self._guests.read(tenant, header)
            if guest is None:
                raise CartTokenInvalid(field=HEADER)
            return guest, cookie is not None, True
        # A browser cannot be asked to mend its cookie: one that does not hold is as good as none.
        return (self._guests.read(tenant, cookie) if cookie else None), cookie is not None, False


def version_in(if_match: str | None) -> str:
    """Return the version that an If-Match header names, empty for none or any. Raises IfMatchInvalid."""
    if if_match is None or if_match.strip() == "*":
        return ""
    match = _ETAG.fullmatch(if_match.strip())
    if match is None:
        raise IfMatchInvalid(field="If-Match")
    return match[1]
