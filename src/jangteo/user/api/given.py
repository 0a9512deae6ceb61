"""What the routes are given by name; none of it needs to be checked on each request."""

from typing import Annotated, TypeAlias

from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, SkipValidation

from jangteo.kit import auth
from jangteo.user import grades, keys, queries, settings, token_versions
from jangteo.user.commands import (
    addresses,
    devices,
    email,
    identities,
    links,
    membership,
    passwords,
    roles,
    second_factor,
    sessions,
)

Caller: TypeAlias = NamedDependency[SkipValidation[auth.Caller]]
Language: TypeAlias = NamedDependency[SkipValidation[str]]
Settings: TypeAlias = NamedDependency[SkipValidation[settings.UserSettings]]
KeyRing: TypeAlias = NamedDependency[SkipValidation[keys.KeyRing]]
Queries: TypeAlias = NamedDependency[SkipValidation[queries.Queries]]
Membership: TypeAlias = NamedDependency[SkipValidation[membership.Membership]]
Sessions: TypeAlias = NamedDependency[SkipValidation[sessions.Sessions]]
Devices: TypeAlias = NamedDependency[SkipValidation[devices.Devices]]
Grades: TypeAlias = NamedDependency[SkipValidation[grades.Grades]]
Links: TypeAlias = NamedDependency[SkipValidation[links.Links]]
Email: TypeAlias = NamedDependency[SkipValidation[email.Email]]
PasswordChange: TypeAlias = NamedDependency[SkipValidation[passwords.PasswordChange]]
AddressBook: TypeAlias = NamedDependency[SkipValidation[addresses.AddressBook]]
Roles: TypeAlias = NamedDependency[SkipValidation[roles.Roles]]
SecondFactor: TypeAlias = NamedDependency[SkipValidation[second_factor.SecondFactor]]
TokenVersions: TypeAlias = NamedDependency[SkipValidation[token_versions.TokenVersions]]
ByProvider: TypeAlias = NamedDependency[SkipValidation[identities.ByProvider]]

IdempotencyKey: TypeAlias = Annotated[str | None, HeaderParameter(name="Idempotency-Key", max_length=255)]
IfMatch: TypeAlias = Annotated[str | None, HeaderParameter(name="If-Match", max_length=100)]

PERSONAL = CacheControlHeader(no_store=True)
