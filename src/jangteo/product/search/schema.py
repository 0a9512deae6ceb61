"""What the index keeps of a product. Changing anything here means raising FORMAT: the index is then built anew.

Sort keys are unique, a value above the product's number, so that a page can begin exactly behind the last one.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log10

import tantivy

from jangteo.product.domain.catalogue import Category, Label, Product, Text
from jangteo.product.domain.stock import Level
from jangteo.product.search.analyser import Analyser, normalise
from jangteo.product.search.hangul import has_hangul, initials_of

FORMAT = 3
NUMBER_BITS = 28
_VERSION_BITS = 32
SEPARATOR = "\x1f"
_LEVELS = {Level.OUT: 0, Level.LOW: 1, Level.IN: 2}
_INITIALS_LENGTH = 16


def build_schema() -> tantivy.Schema:
    """Return the schema of a shop's index."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("mark", fast=True)
    builder.add_unsigned_field("number", fast=True)
    for field in ("name", "meta", "more"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="freq")
    builder.add_text_field("glued", tokenizer_name="raw", index_option="position")
    builder.add_text_field("surface", stored=True, tokenizer_name="raw", index_option="basic")
    for field in ("initials", "choice"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for field in ("category", "brand"):
        builder.add_text_field(field, fast=True, tokenizer_name="raw", index_option="basic")
    for field in ("brand_label", "choice_label"):
        builder.add_text_field(field, fast=True, tokenizer_name="raw", index_option="basic")
    for field in ("price", "in_stock", "by_price", "by_newest", "by_popularity"):
        builder.add_unsigned_field(field, indexed=True, fast=True)
    builder.add_float_field("rank", fast=True)
    return builder.build()


def mark_of(version: int, level: Level, units: int = 0) -> int:
    """Return what must differ for the index to be behind: the product's version, its stock level, its recent sales."""
    return units << _VERSION_BITS | version * 4 + _LEVELS[level]


def sort_key(value: int, number: int) -> int:
    """Return a key that sorts by `value` and is unique by the product's `number`."""
    return value << NUMBER_BITS | number


def build_entry(
    product: Product, lineage: Sequence[Category], level: Level, units: int, analyser: Analyser
) -> tantivy.Document:
    """Return the index document of `product`, whose category has the `lineage` from itself to the root.

    `units` were sold lately; the popularity in its document is what it came with.
    """
    popularity = product.popularity + units
    entry = tantivy.Document()
    entry.add_text("id", str(product.id))
    entry.add_unsigned("mark", mark_of(product.version, level, units))
    entry.add_unsigned("number", product.number)
    _add_texts(entry, product, lineage, analyser)
    _add_filters(entry, product, level)
    lowest = product.lowest().price
    entry.add_unsigned("price", lowest)
    entry.add_unsigned("by_price", sort_key(lowest, product.number))
    entry.add_unsigned("by_newest", sort_key(int(product.created_at.timestamp()), product.number))
    entry.add_unsigned("by_popularity", sort_key(popularity, product.number))
    entry.add_float("rank", 1 + 0.12 * log10(1 + popularity))
    return entry


def glue_pairs(text: str) -> list[str]:
    """Return the pairs of neighbouring letters of `text` without its spaces: a phrase of them is a substring."""
    glued = "".join(letter for letter in normalise(text) if letter.isalnum())
    return [glued[place : place + 2] for place in range(len(glued) - 1)]


def surfaces(product: Product) -> list[str]:
    """Return the words of a product's names as they are written, and each two neighbours: people type these."""
    found: list[str] = []
    for name in (product.name.ko, product.name.en):
        words = ["".join(filter(str.isalnum, word)) for word in normalise(name).split()]
        words = [word for word in words if word]
        found.extend(word for word in words if len(word) > 1)
        found.extend(" ".join(pair) for pair in pairwise(words) if all(map(str.isalpha, pair)))
    return list(dict.fromkeys(found))


def _add_texts(entry: tantivy.Document, product: Product, lineage: Sequence[Category], analyser: Analyser) -> None:
    names = f"{product.name.ko} {product.name.en}"
    meta = [_both(product.brand), *product.tags]
    meta += [_both(value) for option in product.options for value in option.values]
    meta += [_both(attribute.value) for attribute in product.attributes]
    _add_words(entry, "name", analyser.forms(names))
    _add_words(entry, "meta", analyser.forms(" . ".join(meta)))
    more = [_both(category.name) for category in lineage]
    more += [product.description.ko, product.description.en]
    _add_words(entry, "more", analyser.forms(" . ".join(more)))
    _add_words(entry, "glued", glue_pairs(product.name.ko))
    for surface in surfaces(product):
        entry.add_text("surface", surface)
    for start in _starts(product.name.ko, analyser):
        entry.add_text("initials", start)


def _add_words(entry: tantivy.Document, field: str, words: list[str]) -> None:
    tokens = [tantivy.Token(word, place, 0, 0) for place, word in enumerate(words)]
    entry.add_pre_tokenized_text(field, tantivy.PreTokenizedString("", tokens))


def _starts(name: str, analyser: Analyser) -> set[str]:
    """Return the 초성 of `name` from each of its words on."""
    glued = "".join(filter(str.isalnum, normalise(name)))
    starts: set[str] = set()
    place = 0
    for word in analyser.words(name):
        found = glued.find(word.whole, place)
        if found >= 0 and has_hangul(word.whole):
            starts.add(initials_of(glued[found:])[:_INITIALS_LENGTH])
            place = found + 1
    return starts


def _add_filters(entry: tantivy.Document, product: Product, level: Level) -> None:
    entry.add_text("category", product.category)
    entry.add_unsigned("in_stock", int(level is not Level.OUT))
    if product.brand:
        entry.add_text("brand", product.brand.code)
        entry.add_text("brand_label", SEPARATOR.join((product.brand.code, product.brand.ko, product.brand.en)))
    used = {(code, value) for variant in product.variants for code, value in variant.choice.items()}
    choices = [
        (option.code, option.name, value)
        for option in product.options
        for value in option.values
        if (option.code, value.code) in used
    ]
    choices += [(attribute.code, attribute.name, attribute.value) for attribute in product.attributes]
    seen: set[str] = set()
    for code, name, value in choices:
        choice = f"{code}:{value.code}"
        if choice not in seen:
            seen.add(choice)
            entry.add_text("choice", choice)
            label = (code, value.code, name.ko, name.en, value.ko, value.en)
            entry.add_text("choice_label", SEPARATOR.join(label))


def _both(text: Text | Label | None) -> str:
    return f"{text.ko} {text.en}" if text else ""
