"""The providers that a shop offers: its own client at each, and what is known of Google, Kakao and Naver.

The setting is a JSON object, `{"google": {"client_id": "…", "client_secret": "…", "redirect_uris": ["https://…"]}}`.
Any other provider of OpenID Connect says its `issuer` as well.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from jangteo.kit.settings import SettingsError

_DISCOVERY = "/.well-known/openid-configuration"


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A provider and the shop's client there; addresses of return are compared letter by letter."""

    title: str
    issuer: str
    client_id: str
    client_secret: str
    redirect_uris: list[str]
    scope: str = "openid email profile"
    # Where name and e-mail are told: in the ID token itself, or at the userinfo endpoint.
    claims: Literal["id_token", "userinfo"] = "id_token"
    userinfo_within: str = ""  # the field of userinfo that holds the claims, where it is not the whole
    client_auth: Literal["post", "basic"] = "post"
    tenants: list[str] = []  # empty: every shop of the mall

    @property
    def discovery_url(self) -> str:
        """Return where the provider describes itself (OpenID Connect Discovery 1.0 §4)."""
        return self.issuer.rstrip("/") + _DISCOVERY


# Endpoints and keys are in each provider's discovery document; here is what no such document tells.
PRESETS: Mapping[str, dict[str, Any]] = {
    "google": {"title": "Google", "issuer": "https://accounts.google.com"},
    # The e-mail and whether it is verified come from https://kapi.kakao.com/v1/oidc/userinfo.
    "kakao": {
        "title": "카카오",
        "issuer": "https://kauth.kakao.com",
        "scope": "openid account_email profile_nickname",
        "claims": "userinfo",
    },
    # https://openapi.naver.com/v1/nid/me nests the claims, and never says that an e-mail is verified.
    "naver": {
        "title": "네이버",
        "issuer": "https://nid.naver.com",
        "scope": "openid profile",
        "claims": "userinfo",
        "userinfo_within": "response",
    },
}


def read_providers(text: str) -> dict[str, ProviderSettings]:
    """Return the providers of the setting by name. Raises SettingsError, which never tells a secret."""
    if not text:
        return {}
    try:
        given = msgspec.json.decode(text, type=dict[str, dict[str, Any]])
        found = {
            name: msgspec.convert({"title": name, **PRESETS.get(name, {}), **own}, ProviderSettings)
            for name, own in given.items()
        }
    except msgspec.DecodeError as error:
        raise SettingsError(f"JANGTEO_OIDC_PROVIDERS: {error}") from None
    for name, provider in found.items():
        if not name.replace("-", "").isalnum() or not provider.redirect_uris:
            raise SettingsError(f"JANGTEO_OIDC_PROVIDERS: {name} needs a plain name and redirect_uris")
    return found
