"""What pages say is written in both languages, with the same gaps to fill, and nothing is asked for in vain."""

import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

import jangteo.web
from jangteo.web import texts
from jangteo.web.office.navigation import ENTRIES

FOLDER = Path(jangteo.web.__file__).parent
SAID = re.compile(r"""\bt\(\s*["']([a-z_0-9.]+)["']\s*[,)]""")


def gaps(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_languages_have_the_same_texts():
    korean, english = texts.texts("ko"), texts.texts("en")
    assert set(korean) == set(english)
    assert {key for key in korean if gaps(korean[key]) != gaps(english[key])} == set()
    assert "" not in {*korean.values(), *english.values()}


def test_every_text_that_a_page_names_is_written():
    asked = {
        (file.name, key)
        for file in (*FOLDER.rglob("*.py"), *FOLDER.rglob("*.html"))
        for key in SAID.findall(file.read_text())
        if "." in key
    }
    assert len(asked) > 30
    known = texts.texts("ko")
    assert {one for one in asked if one[1] not in known} == set()


def test_every_area_of_the_office_has_a_name():
    for entry in ENTRIES:
        assert f"office.nav.{entry.key}" in texts.texts("ko")


def test_a_text_that_nobody_has_written_is_an_error_and_not_an_empty_place():
    with pytest.raises(texts.TextMissing):
        texts.sayer("ko")("shop.no_such")


@pytest.mark.parametrize(
    ("amount", "language", "written"),
    [
        (39_000, "ko", "39,000원"),
        (39_000, "en", "₩39,000"),
        (0, "ko", "0원"),
        (-1_500, "ko", "-1,500원"),
        (-1_500, "en", "-₩1,500"),
    ],
)
def test_money_is_written_as_the_language_does(amount, language, written):
    assert texts.money(amount, language) == written


def test_times_are_those_of_seoul():
    late = datetime(2026, 1, 31, 15, 30, 5, tzinfo=UTC)
    assert texts.when(late, "ko") == "2026. 2. 1. 00:30"
    assert texts.when(late.isoformat(), "en", "date") == "Feb 1, 2026"
    assert texts.when(late, "ko", "day") == "2월 1일 (일)"
    assert texts.when(late, "en", "second") == "Feb 1, 2026 00:30:05"
