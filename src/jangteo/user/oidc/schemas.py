"""What is read and answered over HTTP at a log-in by another provider."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from jangteo.user.domain.member import Language
from jangteo.user.schemas import ConsentsGiven, Input, Secret, Text


class ReturnTo(Input, frozen=True, kw_only=True):
    """Beginning a log-in by a provider: one of the addresses of return that the shop has listed."""

    redirect_uri: Secret


class Completion(Input, frozen=True, kw_only=True):
    """What the browser kept, and what the provider added to the address of return."""

    login_token: Secret
    state: Secret
    code: Annotated[str, Meta(max_length=4000)]


class ProofOut(Struct, frozen=True, kw_only=True):
    """That the member has just logged in at a provider: in place of the password, for `expires_in` seconds."""

    proof: str
    expires_in: int


class PasswordForLink(Input, frozen=True, kw_only=True):
    """Linking the account of a log-in that waits for a password."""

    login_token: Secret
    password: Secret


class SignUpByProvider(Input, frozen=True, kw_only=True):
    """Becoming a member by a log-in that waits for consents; `email` counts only where the provider told none."""

    login_token: Secret
    email: Text | None = None
    name: Text | None = None
    phone: Text | None = None
    language: Language | None = None
    # As at a sign-up by password.
    is_14_or_older: bool | None = None
    birth_date: date | None = None
    consents: ConsentsGiven


class ProviderOut(Struct, frozen=True, kw_only=True):
    """A way to log in."""

    name: str
    title: str


class ProvidersOut(Struct, frozen=True, kw_only=True):
    """GET /v1/identity-providers."""

    items: list[ProviderOut]


class LogInBegun(Struct, frozen=True, kw_only=True):
    """Where to send the visitor, and what the browser keeps for the completion; `expires_in` is in seconds."""

    authorization_url: str
    login_token: str
    expires_in: int


class LogInUnfinished(Struct, frozen=True, kw_only=True):
    """The provider's word is taken; `needed` is `password` or `consents`."""

    needed: str
    email: str | None
    name: str | None
    expires_in: int


class IdentityOut(Struct, frozen=True, kw_only=True):
    """An account at a provider by which the member can log in."""

    provider: str
    linked_at: datetime
    used_at: datetime


class IdentitiesOut(Struct, frozen=True, kw_only=True):
    """GET /v1/members/me/identities."""

    items: list[IdentityOut]
