"""What the user service reads and answers over HTTP."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from jangteo.user.domain.member import Language, Purpose
from jangteo.user.proofs import Evidence, Proof

# Generous: the rules in `domain/` say what is right, these only keep out what nobody would write.
Text = Annotated[str, Meta(max_length=300)]
Secret = Annotated[str, Meta(max_length=1000)]
TypedCode = Annotated[str, Meta(min_length=6, max_length=40)]
TextVersion = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*$")]


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request body: a field that is not known is an error."""


class ConsentsGiven(Input, frozen=True, kw_only=True):
    """What a new member agrees to, each by itself; nothing is ticked beforehand."""

    terms: bool
    privacy: bool
    marketing: bool = False  # the earlier name of `marketing_email`
    marketing_email: bool = False
    marketing_sms: bool = False
    marketing_push: bool = False
    night_advertising: bool = False
    # Which texts were shown. One that does not hold any more is refused; what was shown and not ticked was declined.
    versions: dict[Purpose, TextVersion] = {}


class SignUp(Input, frozen=True, kw_only=True):
    """POST /v1/members."""

    email: Text
    password: Secret
    name: Text
    phone: Text | None = None
    language: Language | None = None
    # One of the two: that the person is 14 or older, or the day of birth, which is not kept.
    is_14_or_older: bool | None = None
    birth_date: date | None = None
    consents: ConsentsGiven


class LogIn(Input, frozen=True, kw_only=True):
    """POST /v1/sessions."""

    email: Text
    password: Secret


class Refresh(Input, frozen=True, kw_only=True):
    """POST /v1/sessions/refresh."""

    refresh_token: Secret


class PasswordAgain(Input, frozen=True, kw_only=True):
    """POST /v1/members/me/second-factor: the password, or a `proof` of a log-in at a linked provider just now."""

    password: Secret = ""
    proof: Secret = ""

    @property
    def evidence(self) -> Evidence:
        """Return what says that it is the member who asks."""
        return Proof(self.proof) if self.proof else self.password


class CodeGiven(Input, frozen=True, kw_only=True):
    """POST /v1/members/me/second-factor/confirmation."""

    code: TypedCode


class PasswordAndCode(PasswordAgain, frozen=True, kw_only=True):
    """Taking the second factor away, or renewing its recovery codes; a recovery code is a code, too."""

    code: TypedCode


class ChallengeAnswer(Input, frozen=True, kw_only=True):
    """POST /v1/sessions/second-factor: the challenge of the log-in, and a code of the app or a recovery code."""

    challenge: Secret
    code: TypedCode


class MemberChange(Input, frozen=True, kw_only=True):
    """PATCH /v1/members/me: what is left out stays as it is."""

    name: Text | UnsetType = UNSET
    phone: Text | UnsetType | None = UNSET
    language: Language | UnsetType = UNSET
    marketing: bool | UnsetType = UNSET


class AddressIn(Input, frozen=True, kw_only=True):
    """POST and PUT of an address: `address1` is the road name address (도로명), `address2` flat and floor (상세)."""

    label: Text = ""
    recipient: Text
    phone: Text
    zip: Text
    address1: Text
    address2: Text = ""
    note: Text = ""
    is_default: bool = False


class RoleIn(Input, frozen=True, kw_only=True):
    """POST /v1/roles."""

    name: Text
    permissions: Annotated[list[Text], Meta(max_length=100)]


class RoleChange(Input, frozen=True, kw_only=True):
    """PUT /v1/roles/{name}."""

    permissions: Annotated[list[Text], Meta(max_length=100)]


class RolesGiven(Input, frozen=True, kw_only=True):
    """PUT /v1/members/{id}/roles."""

    roles: Annotated[list[Text], Meta(max_length=20)]


class MemberOut(Struct, frozen=True, kw_only=True):
    """A member, told to that member only; `phone` is E.164."""

    id: UUID
    email: str
    name: str
    phone: str | None
    language: Language
    created_at: datetime
    email_verified: bool


class ConsentOut(Struct, frozen=True, kw_only=True):
    """The last word on one purpose."""

    purpose: str
    granted: bool
    text_version: str
    at: datetime


class SessionOut(Struct, frozen=True, kw_only=True):
    """A new pair of tokens; `expires_in` is the seconds that the access token lives."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str
    # True: the member's roles allow more than the tokens say, once a second factor is set up.
    second_factor_missing: bool
    # The required consents to give (again) since their text has changed; told at a log-in.
    consents_due: list[Purpose]
    member: MemberOut


class ChallengeOut(Struct, frozen=True, kw_only=True):
    """The password was right, and a second factor is asked for; `expires_in` is in seconds."""

    mfa_required: bool
    challenge: str
    expires_in: int


class EnrolmentOut(Struct, frozen=True, kw_only=True):
    """What an authenticator app is given: the address as a QR code, or the secret (base32) by hand."""

    secret: str
    otpauth_uri: str
    digits: int
    period: int


class RecoveryCodes(Struct, frozen=True, kw_only=True):
    """Told once; each is good for one log-in."""

    recovery_codes: list[str]


class FactorOut(Struct, frozen=True, kw_only=True):
    """GET /v1/members/me/second-factor; `required`: the member's roles work with it only."""

    enabled: bool
    since: datetime | None
    recovery_codes_left: int
    required: bool


class AddressOut(Struct, frozen=True, kw_only=True):
    """An address of the caller's own book."""

    id: UUID
    label: str
    recipient: str
    phone: str
    zip: str
    address1: str
    address2: str
    note: str
    is_default: bool
    created_at: datetime


class Addresses(Struct, frozen=True, kw_only=True):
    """GET /v1/members/me/addresses: the default first."""

    items: list[AddressOut]


class PermissionOut(Struct, frozen=True, kw_only=True):
    """A permission and what it allows, in the caller's language."""

    name: str
    description: str


class Permissions(Struct, frozen=True, kw_only=True):
    """GET /v1/permissions."""

    items: list[PermissionOut]


class RoleOut(Struct, frozen=True, kw_only=True):
    """A role; `built_in` ones cannot be changed."""

    name: str
    permissions: list[str]
    built_in: bool
    version: str  # of the permissions: the ETag, without its quotes


class RolesOut(Struct, frozen=True, kw_only=True):
    """GET /v1/roles."""

    items: list[RoleOut]


class MemberRoles(Struct, frozen=True, kw_only=True):
    """The names of a member's roles."""

    roles: list[str]
    version: str  # the ETag, without its quotes
