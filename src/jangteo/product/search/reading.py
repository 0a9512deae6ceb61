"""Reads what someone typed: which words, in which language, perhaps mistyped, and what the index should look for.

The first reading that finds something wins: as typed, then also in categories and descriptions, then mended
(keyboard in the other language, one wrong key), then any of the words instead of all.
"""

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

import tantivy
from msgspec import Struct
from tantivy import Occur, Query

from jangteo.product.search.analyser import Word, normalise
from jangteo.product.search.hangul import has_hangul, is_initials, typed_in_hangul, typed_in_latin
from jangteo.product.search.index import ProductIndex
from jangteo.product.search.schema import glue_pairs

MAX_WORDS = 12
_NAME, _META, _MORE = 4.0, 2.0, 0.5
_SYNONYM = 0.6
_GLUED_LENGTH = 3  # a shorter piece of a name is too often a piece of another word
_RELAXED_SHARE = 2


class How(StrEnum):
    """Which reading of the query found something."""

    EXACT = "exact"
    CORRECTED = "corrected"
    RELAXED = "relaxed"
    NOTHING = "nothing"


class Reading(Struct, frozen=True):
    """One way to read what was typed. `text` is what is looked for, if that is not what was typed."""

    how: How
    query: Query
    text: str = ""


def readings(index: ProductIndex, typed: str) -> Iterator[Reading]:
    """Yield the readings of `typed`, the likeliest first; each costs a look at the index only when it is asked for."""
    text = normalise(typed)
    glued = text.replace(" ", "")
    if len(glued) > 1 and is_initials(glued):
        yield Reading(How.EXACT, Query.regex_query(index.schema, "initials", glued + ".*"))
        return
    chunks = text.split()[:MAX_WORDS]
    yield Reading(How.EXACT, _all_of(index, chunks, more=False))
    yield Reading(How.EXACT, _all_of(index, chunks, more=True))
    mended = _mend(index, typed, chunks)
    if mended != chunks:
        yield Reading(How.CORRECTED, _all_of(index, mended, more=False), " ".join(mended))
    if len(mended) > 1:
        yield Reading(How.RELAXED, _some_of(index, mended))


def _all_of(index: ProductIndex, chunks: Sequence[str], *, more: bool) -> Query:
    """Every word must be found; a long Korean chunk also as a piece of a name, however that is spaced."""
    spans = index.synonyms.spans(index.analyser.words(" ".join(chunks)))
    clauses = [_span(index, words, others, more=more) for words, others in spans]
    if not clauses:
        return Query.empty_query()
    ways = [_together(clauses)]
    text = " ".join(chunks)
    pairs = glue_pairs(text)
    if len(pairs) + 1 >= _GLUED_LENGTH and has_hangul(chunks[0]):
        ways.append(Query.phrase_query(index.schema, "glued", list(pairs)))
    if more and len(text) > 1:
        ways.append(Query.regex_query(index.schema, "surface", re.escape(text) + ".*"))
    return ways[0] if len(ways) == 1 else Query.boolean_query([(Occur.Should, way) for way in ways])


def _some_of(index: ProductIndex, chunks: Sequence[str]) -> Query:
    spans = index.synonyms.spans(index.analyser.words(" ".join(chunks)))
    clauses = [(Occur.Should, _span(index, words, others, more=False)) for words, others in spans]
    return Query.boolean_query(clauses, minimum_number_should_match=max(1, len(clauses) // _RELAXED_SHARE))


def _span(index: ProductIndex, words: Sequence[Word], others: Sequence[Sequence[str]], *, more: bool) -> Query:
    said = _together([_word(index, word, more=more) for word in words])
    if not others:
        return said
    also = [
        Query.boost_query(_together([_form(index, form, more=more) for form in other]), _SYNONYM) for other in others
    ]
    return Query.disjunction_max_query([said, *also])


def _together(queries: list[Query]) -> Query:
    return queries[0] if len(queries) == 1 else Query.boolean_query([(Occur.Must, query) for query in queries])


def _word(index: ProductIndex, word: Word, *, more: bool) -> Query:
    whole = _form(index, word.whole, more=more)
    if not word.parts:
        return whole
    parts = _together([_form(index, part, more=more) for part in word.parts])
    return Query.disjunction_max_query([whole, Query.boost_query(parts, _SYNONYM)])


def _form(index: ProductIndex, form: str, *, more: bool) -> Query:
    fields = [("name", _NAME), ("meta", _META)] + ([("more", _MORE)] if more else [])
    return Query.disjunction_max_query(
        [
            Query.boost_query(Query.term_query(index.schema, field, form, index_option="freq"), boost)
            for field, boost in fields
        ]
    )


def _mend(index: ProductIndex, typed: str, chunks: list[str]) -> list[str]:
    """Replace each chunk that no product has with the likeliest thing that was meant."""
    raw = typed.split()
    mended: list[str] = []
    for place, chunk in enumerate(chunks):
        if _is_known(index, chunk):
            mended.append(chunk)
            continue
        as_typed = raw[place] if place < len(raw) and raw[place].lower() == chunk else chunk
        other = typed_in_latin(chunk) if not chunk.isascii() else typed_in_hangul(as_typed)
        if other and _is_known(index, other):
            mended.append(other)
        else:
            mended.append(index.vocabulary.nearest(chunk) or chunk)
    return mended


def _is_known(index: ProductIndex, chunk: str) -> bool:
    searcher: tantivy.Searcher = index.searcher
    return searcher.search(_all_of(index, [chunk], more=False), 1, count=False).hits != []
