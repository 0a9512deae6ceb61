"""Syllables come apart and together again, whatever they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jangteo.product.search.analyser import normalise
from jangteo.product.search.hangul import (
    initials_of,
    is_initials,
    put_together,
    take_apart,
    typed_in_hangul,
    typed_in_latin,
)

syllables = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=1, max_size=8)


@settings(deadline=None)
@given(syllables)
def test_what_is_taken_apart_can_be_typed_again(text):
    typed = put_together(take_apart(text))
    # 각시 and 가ㄱ시 are the same keys; every text made of its keys is made of the same keys again.
    assert typed is not None
    assert take_apart(typed) == take_apart(text)


def test_every_syllable_survives_by_itself():
    for code in range(0xAC00, 0xD7A4):
        assert put_together(take_apart(chr(code))) == chr(code)


def test_half_a_syllable_is_a_prefix_of_the_whole():
    assert take_apart("과학").startswith(take_apart("고"))
    assert take_apart("무선").startswith(take_apart("무ㅅ"))


@pytest.mark.parametrize(
    ("keys", "meant"),
    [
        ("anfrl", "물기"),
        ("dldjvhs", "이어폰"),
        ("zjvl", "커피"),
        ("Rkfmakf", "까르말"),
        ("dlr", "익"),
        ("rkr", "각"),
        ("ab", "뮤"),
        ("samsung", None),
    ],
)
def test_a_keyboard_left_in_english_is_read_as_korean(keys, meant):
    assert typed_in_hangul(keys) == meant


def test_a_keyboard_left_in_korean_is_read_as_english():
    assert typed_in_latin("ㅗㅐㅡㄷ") == "home"
    assert typed_in_latin("ㄴ므녀ㅜㅎ") == "samsung"
    assert typed_in_latin("home") is None


def test_initials_are_taken_of_syllables_only():
    assert initials_of("무선 이어폰 2") == "ㅁㅅ ㅇㅇㅍ 2"
    assert is_initials("ㅁㅅㅇㅇㅍ")
    assert not is_initials("무ㅅ")
    assert not is_initials("ㅏ")


def test_normalising_joins_decomposed_syllables_and_leaves_initials_alone():
    import unicodedata

    assert normalise(unicodedata.normalize("NFD", "이어폰")) == "이어폰"
    assert normalise("ㅁㅅ") == "ㅁㅅ"
    assert normalise("ＵＳＢ  500 ML") == "usb 500ml"
