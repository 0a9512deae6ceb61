"""Words of one meaning across Korean and English, so that "wireless earphones" finds 무선 이어폰."""

from collections.abc import Sequence
from functools import lru_cache

from jangteo.product.search.analyser import Analyser, Word, read_lines

Phrase = tuple[str, ...]


@lru_cache(maxsize=64)
def synonyms_for(analyser: Analyser) -> "Synonyms":
    """Return the meanings as `analyser` cuts them."""
    return Synonyms(analyser)


class Synonyms:
    """The meanings of synonyms.txt, cut by one analyser."""

    def __init__(self, analyser: Analyser) -> None:
        self._others: dict[Phrase, list[Phrase]] = {}
        for line in read_lines("synonyms.txt"):
            phrases = [tuple(word.whole for word in analyser.words(text)) for text in line.split(",")]
            for phrase in phrases:
                known = self._others.setdefault(phrase, [])
                known.extend(other for other in phrases if other != phrase and other not in known)
        self._longest = max(map(len, self._others))

    def spans(self, words: Sequence[Word]) -> list[tuple[list[Word], list[Phrase]]]:
        """Cut `words` into the longest known phrases, each with what else it may be called."""
        spans: list[tuple[list[Word], list[Phrase]]] = []
        place = 0
        while place < len(words):
            for length in range(min(self._longest, len(words) - place), 0, -1):
                span = list(words[place : place + length])
                others = self._others.get(tuple(word.whole for word in span), [])
                if others or length == 1:
                    spans.append((span, others))
                    place += length
                    break
        return spans
