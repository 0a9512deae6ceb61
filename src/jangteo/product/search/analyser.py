"""Turns Korean and English text into the words that are indexed and looked for.

Korean goes through the mecab-ko dictionary; words that it cuts wrongly are held together by a lexicon (words.txt
and what the catalogue itself brings). A compound is indexed whole and in its parts. English is stemmed.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files

import snowballstemmer
from mecab import MeCab
from msgspec import Struct

from jangteo.product.search.hangul import has_hangul

_UNITS = r"(?:ml|mah|mg|kg|mm|cm|gb|tb|hz|inch|[lgwm])"
_MEASURE = re.compile(rf"(\d+(?:\.\d+)?)\s*({_UNITS})(?![a-z])")
_PIECES = re.compile(r"[가-힣]+|[a-z0-9]+(?:[.'’-][a-z0-9]+)*|[ㄱ-ㅣ]+")
_KEPT = ("NN", "NR", "NP", "XR", "VV", "VA", "MA", "MM", "SL", "SN", "SH", "UNKNOWN")
_BUT_JAMO = re.compile(r"[^ㄱ-ㆎ]+")
# Words that every product text has and that no one looks for.
_IDLE = frozenset("하되있없이그저것수등및더안못좀을를") | {
    *("a", "an", "the", "of", "for", "and", "or", "with", "in", "on", "to", "by", "is")
}
_stem = lru_cache(maxsize=20_000)(snowballstemmer.stemmer("english").stemWord)


class Word(Struct, frozen=True):
    """A word as it is indexed: `whole`, and the `parts` of a compound (none for a plain word)."""

    whole: str
    parts: tuple[str, ...] = ()

    def forms(self) -> tuple[str, ...]:
        """Return every form under which the word is found."""
        return (self.whole, *self.parts)


def normalise(text: str) -> str:
    """Return `text` as it is compared: NFKC, lower case, one space between words, "500 ml" as "500ml"."""
    # NFKC would turn the letters of a 초성 query, which stand alone, into parts of syllables.
    folded = _BUT_JAMO.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text).lower()
    return " ".join(_MEASURE.sub(r"\1\2", folded).split())


def read_lines(name: str) -> list[str]:
    """Return the lines of a word list of this package, without its comments."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def known_compounds() -> dict[str, tuple[str, ...]]:
    """Return the compounds of words.txt with their parts."""
    pairs = (line.partition("=") for line in read_lines("words.txt"))
    return {whole.strip(): tuple(parts.split()) for whole, _, parts in pairs}


def _synonym_words() -> list[str]:
    words = (word.strip() for line in read_lines("synonyms.txt") for word in line.split(","))
    return [word for word in words if has_hangul(word) and " " not in word]


@cache
def _dictionary() -> MeCab:
    """Open the dictionary once: it is 100 MB, and reading from it changes nothing."""
    return MeCab()


@lru_cache(maxsize=64)
def analyser_for(lexicon: tuple[str, ...]) -> "Analyser":
    """Return the analyser with these words of a shop's own; shops with the same words share it."""
    return Analyser(lexicon)


class Analyser:
    """Cuts text into words with one lexicon; the same one must serve the index and its queries."""

    def __init__(self, lexicon: Iterable[str] = ()) -> None:
        self._mecab = _dictionary()
        self._compounds = {whole: parts for whole, parts in known_compounds().items() if not self._is_one(whole)}
        for word in (*_synonym_words(), *lexicon):
            if len(word) > 2 and not self._is_one(word):
                self._compounds.setdefault(word, self._parts(word))
        longest_first = sorted(self._compounds, key=lambda word: (-len(word), word))
        self._compound = re.compile("|".join(map(re.escape, longest_first)))
        spaced = [" ".join(parts) for parts in self._compounds.values() if len(parts) > 1]
        self._joins = re.compile("|".join(rf"(?<![가-힣]){re.escape(words)}" for words in spaced))
        self._cut = lru_cache(maxsize=20_000)(self._cut_hangul)

    def words(self, text: str) -> list[Word]:
        """Return the words of `text` in order. A text of nothing but idle words keeps them."""
        joined = self._joins.sub(lambda match: match[0].replace(" ", ""), normalise(text))
        found: list[Word] = []
        for piece in _PIECES.findall(joined):
            found.extend(self._cut(piece) if has_hangul(piece) else _cut_latin(piece))
        return [word for word in found if word.whole not in _IDLE] or found

    def forms(self, text: str) -> list[str]:
        """Return everything under which `text` is to be found, each once, in order of appearance."""
        return list(dict.fromkeys(form for word in self.words(text) for form in word.forms()))

    def is_cut_badly(self, word: str) -> bool:
        """Say whether a Korean `word` falls into pieces that are no words, so that it belongs in the lexicon."""
        if len(word) < 3 or word in self._compounds:
            return False
        pieces = [piece for piece in self._mecab.parse(word) if piece.pos.startswith(("NN", "UNKNOWN"))]
        covered = sum(len(piece.surface) for piece in pieces)
        return covered == len(word) and len(pieces) > 1 and any(len(piece.surface) == 1 for piece in pieces)

    def _is_one(self, word: str) -> bool:
        return len(self._mecab.parse(word)) == 1

    def _parts(self, word: str) -> tuple[str, ...]:
        pieces = self._mecab.parse(word)
        clean = all(piece.pos.startswith("NN") and len(piece.surface) > 1 for piece in pieces)
        return tuple(piece.surface for piece in pieces) if clean else ()

    def _cut_hangul(self, piece: str) -> tuple[Word, ...]:
        words: list[Word] = []
        place = 0
        for match in self._compound.finditer(piece):
            words.extend(self._parse(piece[place : match.start()]))
            words.append(Word(match[0], self._compounds[match[0]]))
            place = match.end()
        words.extend(self._parse(piece[place:]))
        return tuple(words)

    def _parse(self, text: str) -> list[Word]:
        if not text:
            return []
        words: list[Word] = []
        prefix = ""
        for piece in self._mecab.parse(text):
            feature = piece.feature
            if feature.pos == "XPN":
                prefix = piece.surface
                continue
            if prefix and feature.pos.startswith("NN"):
                words.append(Word(prefix + piece.surface, (piece.surface,)))
                prefix = ""
                continue
            if feature.type == "Compound" and feature.expression:
                parts = tuple(part.split("/")[0] for part in feature.expression.split("+"))
                words.append(Word(piece.surface, parts if min(map(len, parts)) > 1 else ()))
            elif feature.type == "Inflect" and feature.expression:
                stem, tag = feature.expression.split("+")[0].split("/")[:2]
                if tag.startswith(_KEPT):
                    words.append(Word(stem))
            elif feature.pos.startswith(_KEPT):
                words.append(Word(piece.surface))
        return words or [Word(text)]


def _cut_latin(piece: str) -> list[Word]:
    parts = re.split(r"[.'’-]", piece)
    if len(parts) == 1:
        return [Word(_stem(piece))]
    stems = tuple(_stem(part) for part in parts if len(part) > 1)
    return [Word("".join(parts), stems)]
