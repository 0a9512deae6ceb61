"""Every text that a visitor reads, by language and key: shop.home.title is [home] title in texts/ko/shop.toml."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

LANGUAGES = ("ko", "en")
SEOUL = ZoneInfo("Asia/Seoul")
Say = Callable[..., str]
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class TextMissing(KeyError):
    """A page asks for a text that nobody has written."""


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return all texts of a language by their keys."""
    found: dict[str, str] = {}
    for file in sorted((files("jangteo.web") / "texts" / language).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            _flatten(file.name.removesuffix(".toml"), tomllib.loads(file.read_text(encoding="utf-8")), found)
    return found


def _flatten(prefix: str, value: object, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _flatten(f"{prefix}.{name}", inner, found)
    else:
        found[prefix] = str(value)


@cache
def sayer(language: str) -> Say:
    """Return `t(key, **params)` of a language. It raises TextMissing."""
    known = texts(language)

    def say(key: str, /, **params: object) -> str:
        text = known.get(key)
        if text is None:
            raise TextMissing(f"{language}: {key}")
        return text.format(**params) if params else text

    return say


def has(language: str, key: str) -> bool:
    """Return whether there is a text, for those that may lack one, such as for a code of the API."""
    return key in texts(language)


def money(amount: int, language: str) -> str:
    """Return won as they are written: 39,000원, ₩39,000."""
    if language == "ko":
        return f"{amount:,}원"
    return f"-₩{-amount:,}" if amount < 0 else f"₩{amount:,}"


def when(moment: datetime | str, language: str, form: str = "minute") -> str:
    """Return a time as the clock in Seoul shows it; `form` is date, minute, second, or day (without the year)."""
    at = (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(SEOUL)
    if form == "day":
        return day(at.date(), language)
    month = _MONTHS[at.month - 1]
    on = f"{at.year}. {at.month}. {at.day}." if language == "ko" else f"{month} {at.day}, {at.year}"
    clock = {"date": "", "minute": f" {at:%H:%M}", "second": f" {at:%H:%M:%S}"}[form]
    return on + clock


def day(one: date, language: str) -> str:
    """Return a day of this year: 2월 1일 (일), Sun, Feb 1."""
    if language == "ko":
        return f"{one.month}월 {one.day}일 ({'월화수목금토일'[one.weekday()]})"
    return f"{_DAYS[one.weekday()]}, {_MONTHS[one.month - 1]} {one.day}"
