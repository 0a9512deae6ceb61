"""One shop's index on disk: the products that can be found, and the words they are named with."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import tantivy

from jangteo.product.domain.catalogue import Category, Product
from jangteo.product.domain.stock import Level
from jangteo.product.recent import Recent
from jangteo.product.search.analyser import analyser_for, normalise
from jangteo.product.search.schema import build_entry, build_schema, surfaces
from jangteo.product.search.synonyms import synonyms_for
from jangteo.product.search.vocabulary import Vocabulary

_WRITER_BYTES = 20_000_000
_MAX_PRODUCTS = 10_000_000
_READINGS = 5_000
_MOST_IDS = 200_000


class Listing(msgspec.Struct, frozen=True):
    """A product as it is to be found: with its stock level and the categories from its own to the root."""

    product: Product
    lineage: Sequence[Category]
    level: Level
    units: int = 0  # sold lately


class ProductIndex:
    """Reads may run on any thread at any time; `change` blocks for a commit and is called by one at a time.

    `read` remembers how recent queries were read, until the index changes.
    """

    def __init__(self, folder: Path) -> None:
        """Open the index in `folder`, made by `create` before."""
        lexicon = msgspec.json.decode((folder / "lexicon.json").read_bytes(), type=tuple[str, ...])
        self.analyser = analyser_for(lexicon)
        self.synonyms = synonyms_for(self.analyser)
        self.schema = build_schema()
        self.vocabulary = Vocabulary(folder / "words")
        self._index = tantivy.Index(self.schema, path=str(folder / "products"))
        self._writer: tantivy.IndexWriter | None = None
        self._renamed: set[str] = set()
        self._ids: dict[int, str] = {}
        self.generation = 0
        self.read: Recent[str, Any] = Recent(_READINGS)
        self.searcher: tantivy.Searcher = self._index.searcher()

    @staticmethod
    def create(folder: Path, names: Iterable[str]) -> "ProductIndex":
        """Make an empty index in `folder`; `names` of products bring the words that must not be cut."""
        (folder / "products").mkdir(parents=True)
        (folder / "lexicon.json").write_bytes(msgspec.json.encode(find_lexicon(names)))
        return ProductIndex(folder)

    def change(self, put: Sequence[Listing], drop: Sequence[UUID] = (), *, commit: bool = True) -> None:
        """Put or replace products and drop others; it is seen after a call that commits.

        Many changes under one commit make one segment, and one segment is the fastest to search.
        """
        if self._writer is None:
            self._writer = self._index.writer(_WRITER_BYTES, 1)
        changed = [str(product_id) for product_id in (*drop, *(listing.product.id for listing in put))]
        self._renamed |= self._words_of(changed)
        for product_id in changed:
            self._writer.delete_documents_by_term("id", product_id)
        for listing in put:
            product, lineage, level, units = listing.product, listing.lineage, listing.level, listing.units
            self._writer.add_document(build_entry(product, lineage, level, units, self.analyser))
            self._renamed.update(surfaces(product))
        if commit:
            self._commit(self._writer)

    def id_of(self, number: int, address: tantivy.DocAddress) -> str:
        """Return the id of the product `number`, found at `address`. Reading a stored field costs ten look-ups."""
        known = self._ids.get(number)
        if known is None:
            known = str(self.searcher.doc(address).get_first("id"))
            if len(self._ids) >= _MOST_IDS:
                self._ids.clear()
            self._ids[number] = known
        return known

    def _commit(self, writer: tantivy.IndexWriter) -> None:
        writer.commit()
        self._index.reload()
        self.searcher = searcher = self._index.searcher()
        words, self._renamed = self._renamed, set()
        self.vocabulary.learn(words, lambda word: int(searcher.doc_freq("surface", word)))
        self.generation += 1
        self.read.clear()

    def _words_of(self, ids: Sequence[str]) -> set[str]:
        """Return the words in the names of products as they are in the index now."""
        if not ids:
            return set()
        searcher = self.searcher
        known = searcher.search(tantivy.Query.term_set_query(self.schema, "id", list(ids)), len(ids), count=False)
        return {str(word) for _, address in known.hits for word in searcher.doc(address).get_all("surface")}

    def marks(self) -> Mapping[UUID, int]:
        """Return the mark (version and level) of every product in the index."""
        searcher = self.searcher
        hits = searcher.search(tantivy.Query.all_query(), _MAX_PRODUCTS, count=False, order_by_field="mark").hits
        return {UUID(str(searcher.doc(address).get_first("id"))): int(mark) for mark, address in hits}

    @property
    def is_writing(self) -> bool:
        """Whether it holds writers."""
        return self._writer is not None

    def rest(self) -> None:
        """Let go of the writers: they hold some 30 MB, and a lock that keeps others out. The next change takes them."""
        if self._writer is not None:
            self._writer.wait_merging_threads()
            self._writer = None
        self.vocabulary.rest()


def find_lexicon(names: Iterable[str]) -> list[str]:
    """Return the Korean words of `names` that the analyser would cut into pieces that are no words."""
    analyser = analyser_for(())
    words = {word for name in names for word in normalise(name).split()}
    return sorted(word for word in words if word.isalpha() and not word.isascii() and analyser.is_cut_badly(word))
