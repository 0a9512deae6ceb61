"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when the phone is lost.

                 begin (password)            confirm (first code)
    (nothing) ───────────────────▶ PENDING ──────────────────────▶ ON ──▶ every log-in asks for a code
        ▲                             │ begin again: new secret    │
        └─────────────────────────────┴────────────────────────────┘ turn off (password and code)

A code is good for one use: the step it belongs to is noted, and neither it nor an earlier one is taken again.
"""

import secrets
from datetime import datetime

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from jangteo.kit.errors import Conflict, Invalid, Unauthenticated

STEP_SECONDS = 30
DIGITS = 6
# RFC 6238 §5.2: one step of difference between the clocks, either way.
SKEW_STEPS = 1
# RFC 4226 §4, R6: as long as what SHA-1 gives.
_SECRET_BYTES = 20
RECOVERY_CODES = 10
_RECOVERY_LENGTH = 10
# 30 letters and digits that are not mistaken for one another: 49 bits a code.
_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"


class FactorOn(Conflict):
    """It is on already: another phone is enrolled after turning it off."""

    code = "second_factor.on"
    ko = "2단계 인증이 이미 켜져 있습니다."
    en = "The second factor is on already."


class FactorOff(Conflict):
    """There is none, or it was never confirmed."""

    code = "second_factor.off"
    ko = "2단계 인증이 켜져 있지 않습니다."
    en = "The second factor is not on."


class FactorRequired(Conflict):
    """This shop's staff may not work without."""

    code = "second_factor.required"
    ko = "직원 계정은 2단계 인증을 끌 수 없습니다."
    en = "Accounts of the staff cannot go without the second factor."


class CodeWrong(Invalid):
    """Not the code of this moment, not a recovery code, or used before."""

    code = "second_factor.code"
    ko = "인증 코드가 올바르지 않거나 이미 사용되었습니다."
    en = "The code is wrong or has been used."


class CodeRefused(Unauthenticated):
    """The same, at a log-in."""

    code = "second_factor.refused"
    ko = "인증 코드가 올바르지 않거나 이미 사용되었습니다."
    en = "The code is wrong or has been used."


class ChallengeInvalid(Unauthenticated):
    """The challenge is not known, is over, was answered, or too often wrongly."""

    code = "challenge.invalid"
    ko = "로그인 시간이 지났습니다. 처음부터 다시 로그인해 주세요."
    en = "This log-in is over. Please begin again."


def new_secret() -> bytes:
    """Return a secret to share with an authenticator app."""
    return secrets.token_bytes(_SECRET_BYTES)


def enrolment_uri(secret: bytes, account: str, shop: str) -> str:
    """Return the `otpauth:` address that authenticator apps read from a QR code."""
    return _totp(secret).get_provisioning_uri(account, shop)


def matching_step(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step whose code this is, later than `last_step` and at most one away from `now`; else None."""
    present = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in range(present - SKEW_STEPS, present + SKEW_STEPS + 1):
        # All are compared, so that the time taken does not tell which it was.
        if bytes_eq(_totp(secret).generate(step * STEP_SECONDS), code.encode()) and step > last_step:
            found = step
    return found


def new_recovery_codes() -> list[str]:
    """Return the codes to write down, as `XXXXX-XXXXX`; each is good for one log-in."""
    half = _RECOVERY_LENGTH // 2
    made = ["".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    return [f"{code[:half]}-{code[half:]}" for code in made]


def as_typed(code: str) -> str:
    """Return a code without the spaces and hyphens that people put into it."""
    return "".join(character for character in code.upper() if character.isalnum())


def is_of_app(code: str) -> bool:
    """Say whether a code has the form of an authenticator's; else it can be a recovery code only."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303  (what the apps know; HMAC does not rest on collisions)
