"""Korean syllables taken apart and put together: for 초성 search, for typing mistakes, for a wrong keyboard.

A syllable is 0xAC00 + (initial × 21 + vowel) × 28 + final (Unicode 3.12, conjoining jamo behaviour). Here it is
taken apart into the keys of the 두벌식 keyboard, so that what is half typed is a prefix of the whole: 과 = ㄱㅗㅏ.
"""

import re

_FIRST = 0xAC00
_LAST = 0xD7A3
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_PAIRS = {
    "ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ",
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
_JOINED = {parts: whole for whole, parts in _PAIRS.items()}
_KEYS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", strict=True))
_KEYS |= {"Q": "ㅃ", "W": "ㅉ", "E": "ㄸ", "R": "ㄲ", "T": "ㅆ", "O": "ㅒ", "P": "ㅖ"}
_LETTERS = {jamo: key for key, jamo in _KEYS.items()}

_apart = str.maketrans(
    {
        chr(_FIRST + (i * 21 + v) * 28 + f): _INITIALS[i]
        + _PAIRS.get(_VOWELS[v], _VOWELS[v])
        + _PAIRS.get(_FINALS[f], _FINALS[f])
        for i in range(19)
        for v in range(21)
        for f in range(28)
    }
    | _PAIRS
)
_ALL_INITIALS = re.compile(f"[{_INITIALS}]+")


def has_hangul(text: str) -> bool:
    """Say whether there is a whole syllable in `text`."""
    return any(_FIRST <= ord(letter) <= _LAST for letter in text)


def take_apart(text: str) -> str:
    """Return `text` with each syllable as the keys that type it; anything else stays."""
    return text.translate(_apart)


def initials_of(text: str) -> str:
    """Return the initial consonant (초성) of each syllable of `text`; anything else stays."""
    return "".join(
        _INITIALS[(ord(letter) - _FIRST) // 588] if _FIRST <= ord(letter) <= _LAST else letter for letter in text
    )


def is_initials(text: str) -> bool:
    """Say whether `text` is a 초성 query: nothing but initial consonants."""
    return _ALL_INITIALS.fullmatch(text) is not None


def put_together(keys: str) -> str | None:
    """Return the syllables that typing `keys` gives; None where a consonant or vowel would stand alone."""
    syllables: list[str] = []
    place, end = 0, len(keys)
    while place < end:
        initial = _INITIALS.find(keys[place])
        if initial < 0 or place + 1 >= end or keys[place + 1] not in _VOWELS:
            return None
        vowel, place = _longest(keys, place + 1, _VOWELS)
        final, place = _final(keys, place)
        syllables.append(chr(_FIRST + (initial * 21 + _VOWELS.index(vowel)) * 28 + _FINALS.index(final)))
    return "".join(syllables)


def typed_in_hangul(latin: str) -> str | None:
    """Return what `latin` gives on a Korean keyboard ("anfrl" is 물기); None unless it is whole syllables."""
    keys = [_KEYS.get(letter) or _KEYS.get(letter.lower()) for letter in latin]
    return put_together("".join(key for key in keys if key)) if keys and all(keys) else None


def typed_in_latin(text: str) -> str | None:
    """Return what Korean `text` gives on an English keyboard ("ㅗㅐㅡㄷ" is home); None if it is not all Korean."""
    letters = [_LETTERS.get(key) for key in take_apart(text)]
    return "".join(letter for letter in letters if letter).lower() if letters and all(letters) else None


def _longest(keys: str, place: int, known: str) -> tuple[str, int]:
    pair = _JOINED.get(keys[place : place + 2], "")
    return (pair, place + 2) if pair and pair in known else (keys[place], place + 1)


def _final(keys: str, place: int) -> tuple[str, int]:
    """Take the final consonant at `place`, unless it is the initial of a next syllable."""

    def begins_syllable(at: int) -> bool:
        return at + 1 < len(keys) and keys[at] in _INITIALS and keys[at + 1] in _VOWELS

    if place >= len(keys) or keys[place] not in _FINALS or begins_syllable(place):
        return "", place
    pair = _JOINED.get(keys[place : place + 2], "")
    if pair and pair in _FINALS and not begins_syllable(place + 1):
        return pair, place + 2
    return keys[place], place + 1
