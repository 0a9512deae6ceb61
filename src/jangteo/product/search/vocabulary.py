"""The words that a shop's product names are made of, to complete what is being typed and to mend what was mistyped.

A tiny index of its own: looking for words near a mistyped one is an automaton over its terms, not a scan.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import tantivy

from jangteo.product.search.hangul import initials_of, is_initials, take_apart, typed_in_hangul, typed_in_latin

_WRITER_BYTES = 15_000_000
_LONG_ENOUGH_FOR_TWO = 8  # keys; below that two mistakes turn any word into any other
_SHORTEST_MENDED = 4


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("text", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("keys", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("initials", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("frequency", fast=True)
    return builder.build()


def keys_of(text: str) -> str:
    """Return the keys that type `text`, without its spaces."""
    return take_apart(text.replace(" ", ""))


class Vocabulary:
    """Words and pairs of words with the number of products that have them in their name."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = _schema()
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._writer: tantivy.IndexWriter | None = None

    def learn(self, words: Iterable[str], frequency: Callable[[str], int]) -> None:
        """Write anew how many products have each of `words`; those of none are forgotten. Blocks for a commit."""
        if self._writer is None:
            self._writer = self._index.writer(_WRITER_BYTES, 1)
        for word in words:
            self._writer.delete_documents_by_term("text", word)
            count = frequency(word)
            if count:
                entry = tantivy.Document()
                entry.add_text("text", word)
                entry.add_text("keys", keys_of(word))
                entry.add_text("initials", initials_of(word.replace(" ", "")))
                entry.add_unsigned("frequency", count)
                self._writer.add_document(entry)
        self._writer.commit()
        self._index.reload()

    def complete(self, typed: str, limit: int) -> list[str]:
        """Return the words that begin with `typed`, the most frequent first: also half a syllable, 초성, or typed
        with the keyboard switched to the other language."""
        keys = keys_of(typed)
        field = "initials" if is_initials(keys) and is_initials(typed.replace(" ", "")) else "keys"
        found = self._begin_with(field, keys, limit)
        if not found:
            other = typed_in_hangul(typed.replace(" ", "")) or typed_in_latin(typed.replace(" ", ""))
            found = self._begin_with("keys", keys_of(other), limit) if other else []
        return found

    def nearest(self, mistyped: str) -> str | None:
        """Return the most frequent word one keystroke from `mistyped`, two for a long one; None if there is none."""
        keys = keys_of(mistyped)
        if len(keys) < _SHORTEST_MENDED:
            return None
        for distance in (1, 2):
            if distance == 2 and len(keys) < _LONG_ENOUGH_FOR_TWO:
                return None
            query = tantivy.Query.fuzzy_term_query(self._schema, "keys", keys, distance)
            for text in self._most_frequent(query, 1):
                return text
        return None

    def rest(self) -> None:
        """Let go of the writer, its memory and its lock."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None

    def _begin_with(self, field: str, keys: str, limit: int) -> list[str]:
        if not keys:
            return []
        query = tantivy.Query.regex_query(self._schema, field, re.escape(keys) + ".*")
        return self._most_frequent(query, limit)

    def _most_frequent(self, query: tantivy.Query, limit: int) -> list[str]:
        searcher = self._index.searcher()
        hits = searcher.search(query, limit, count=False, order_by_field="frequency").hits
        return [str(searcher.doc(address).get_first("text")) for _, address in hits]
