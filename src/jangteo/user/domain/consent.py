"""Consents: to what, which a membership cannot be without, and what the text says until a shop writes its own."""

from collections.abc import Mapping
from typing import get_args

from jangteo.kit.errors import Conflict, NotFound
from jangteo.user.domain.member import Language, Purpose
from jangteo.user.domain.sample_texts import PRIVACY_EN, PRIVACY_KO, TERMS_EN, TERMS_KO

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
REQUIRED: frozenset[Purpose] = frozenset({"terms", "privacy"})

# What is shown until the shop publishes its own: title and text in Korean and English.
FIRST_TEXTS: Mapping[Purpose, Mapping[Language, tuple[str, str]]] = {
    "terms": {
        "ko": ("이용약관", TERMS_KO),
        "en": ("Terms of service", TERMS_EN),
    },
    "privacy": {
        "ko": ("개인정보 수집·이용", PRIVACY_KO),
        "en": ("Personal data", PRIVACY_EN),
    },
    "marketing_email": {
        "ko": ("이메일 광고 수신", "이메일로 광고성 정보를 받습니다. (선택)"),
        "en": ("Advertising by e-mail", "I want advertising by e-mail. (optional)"),
    },
    "marketing_sms": {
        "ko": ("문자 광고 수신", "문자 메시지로 광고성 정보를 받습니다. (선택)"),
        "en": ("Advertising by text message", "I want advertising by text message. (optional)"),
    },
    "marketing_push": {
        "ko": ("앱 알림 광고 수신", "앱 알림으로 광고성 정보를 받습니다. (선택)"),
        "en": ("Advertising by push notice", "I want advertising by push notice. (optional)"),
    },
    # 정보통신망법 §50(3): between 21:00 and 08:00 advertising needs a consent of its own.
    "night_advertising": {
        "ko": ("야간 광고 수신", "21시부터 다음 날 8시 사이에도 광고성 정보를 받습니다. (선택)"),
        "en": ("Advertising at night", "I want advertising between 21:00 and 08:00 as well. (optional)"),
    },
}


class PurposeUnknown(NotFound):
    """Nobody is asked for a consent of this name."""

    code = "consent.unknown"
    ko = "없는 동의 항목입니다."
    en = "There is no such consent."


class ConsentNeeded(Conflict):
    """Without this consent there is no membership: who takes it back leaves."""

    code = "consent.needed"
    ko = "필수 동의는 철회할 수 없습니다. 철회하려면 탈퇴해 주세요."
    en = "This consent is required; to take it back, please leave the shop."


class TextOutdated(Conflict):
    """The person saw another text than the one that holds now."""

    code = "consent.text_outdated"
    ko = "동의 문구가 바뀌었습니다. 새 문구({version})를 확인해 주세요."
    en = "The text has changed. Please read the new one ({version})."


class VersionTaken(Conflict):
    """A text that people agreed to is never replaced under the same name."""

    code = "consent.version_taken"
    ko = "이미 있는 버전입니다: {version}"
    en = "There is a version {version} already."


def check_versions(read: Mapping[Purpose, str], hold: Mapping[Purpose, str]) -> None:
    """Raise TextOutdated where a text that was read is not the one that holds now."""
    for purpose, version in read.items():
        if version != hold[purpose]:
            raise TextOutdated(field=f"consents.{purpose}", version=hold[purpose])


def purpose_named(name: str) -> Purpose:
    """Return the purpose called `name`. Raises PurposeUnknown."""
    for purpose in PURPOSES:
        if purpose == name:
            return purpose
    raise PurposeUnknown()
