"""A device as its owner knows it again: the browser and the system, in the words of neither."""

import msgspec

from jangteo.kit.errors import NotFound

UNKNOWN = "?"
_LONGEST = 40
# The first that is in the User-Agent names it: every browser claims to be its elders as well.
_PROGRAMS = (
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(", "Naver"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Whale", "Whale"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


class SessionUnknown(NotFound):
    """The caller has no such session that is open."""

    code = "session.unknown"
    ko = "없거나 이미 종료된 로그인입니다."
    en = "There is no such session, or it has ended."


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What a session was last used with, and from which network address."""

    name: str
    address: str


def device_name(user_agent: str) -> str:
    """Return for instance `Chrome, Windows`; for another program its own first word, `?` where it says nothing."""
    program = next((name for mark, name in _PROGRAMS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if not program:
        first = user_agent.split("/")[0].split(" ")[0][:_LONGEST]
        program = first if first.isprintable() and first != "Mozilla" else ""
    return ", ".join(part for part in (program, system) if part) or UNKNOWN
