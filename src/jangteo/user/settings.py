"""What the user service is told: where its data is, how long a session lives, how hard a guess is."""

from typing import Literal

from jangteo.kit.privacy import PrivateSettings
from jangteo.kit.settings import AuditKey


class UserSettings(PrivateSettings, frozen=True, kw_only=True):
    """Settings of the user service; every span is in the unit that its name ends in."""

    audit_key: AuditKey
    valkey_url: str
    bcrypt_cost: int = 12
    access_token_seconds: int = 600
    session_idle_days: int = 30
    session_days: int = 90
    key_age_days: int = 30
    # A key is published this long before it signs, so that no cache of the key set can be older than the key.
    key_lead_seconds: int = 900
    login_window_seconds: int = 900
    # After so many failures each next attempt has to wait, twice as long each time; the last one of all locks.
    login_free_attempts: int = 4
    login_first_pause_seconds: float = 1.0
    login_attempts_per_account: int = 10
    login_attempts_per_address: int = 100
    oidc_providers: str = ""  # JSON, see jangteo.user.oidc.presets
    # Whether roles that hold permissions wait until their member has a second factor.
    staff_mfa: Literal["required", "optional"] = "required"
    # Between closing an account and erasing it: longer than its last access token is believed, clocks differing.
    withdrawal_closing_seconds: float = 720.0
    rights_sweep_seconds: float = 2.0
    terms_version: str = "2026-11"
    privacy_version: str = "2026-11"
    marketing_version: str = "2025-01"
    # Written in the documentation and given to the accounts of the demo shop, which exist on a local mall only.
    demo_password: str = "jangteo-demo-2025"  # noqa: S105
