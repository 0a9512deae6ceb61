"""Makes products out of the hand-written catalogue: each item in several series of several brands, any number of them.

The same `count` and `seed` give the same products, and a longer list begins with a shorter one.
"""

import random
import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import product as combinations
from typing import Any
from uuid import UUID

from msgspec import Struct

from jangteo.product.demo.pictures import Drawing, draw
from jangteo.product.domain.catalogue import (
    Attribute,
    Category,
    Label,
    Option,
    Picture,
    Product,
    Prose,
    Status,
    Text,
    Variant,
)

DEMO_COUNT = 330
_NEWEST = datetime(2026, 6, 1, tzinfo=UTC)
_DISCOUNTS = (0, 0, 0, 0, 0, 0, 0.1, 0.15, 0.2, 0.3, 0.4)
_SERIES_PRICE = (1.0, 1.22, 0.84, 1.1, 1.35)
_NOTES = (
    ("오래 곁에 두고 쓰기 좋게 만들었습니다.", "Made to stay with you for years."),
    ("처음 쓰는 분도 설명서 없이 바로 시작합니다.", "Ready to use without opening the manual."),
    ("포장은 종이만 써서 분리배출이 쉽습니다.", "Packed in paper only, easy to recycle."),
    ("한 번 산 분이 다시 찾는 시리즈입니다.", "A series that people come back for."),
)
_SMALL_PRINT = (
    "구성과 색은 화면에 따라 조금 다르게 보일 수 있습니다.",
    "Colours may look slightly different on your screen.",
)


class Made(Struct, frozen=True):
    """A product of the demo, its drawn pictures, and how many of each of its SKUs there are."""

    product: Product
    drawings: Sequence[Drawing]
    stock: dict[str, int]


class _Idea(Struct, frozen=True):
    department: dict[str, Any]
    item: dict[str, Any]


def make_categories() -> list[Category]:
    """Return the demo's category tree, parents first."""
    found: list[Category] = []
    for place, department in enumerate(_departments()):
        top = department["code"]
        found.append(Category(code=top, name=Text(ko=department["ko"], en=department["en"]), position=place))
        found += [
            Category(code=sub["code"], name=Text(ko=sub["ko"], en=sub["en"]), parent=top, position=below)
            for below, sub in enumerate(department["subs"])
        ]
    return found


def generate(count: int, seed: int = 1, shop: str = "demo") -> Iterator[Made]:
    """Yield `count` published products, numbered from 1; each shop's have ids of their own."""
    ideas = [_Idea(department, item) for department in _departments() for item in department["items"]]
    random.Random(seed).shuffle(ideas)  # noqa: S311  (a demo is repeatable, not secret)
    for place in range(count):
        yield _make(ideas[place % len(ideas)], place // len(ideas), place + 1, f"{seed}/{shop}")


def _make(idea: _Idea, round_: int, number: int, seed: str) -> Made:
    chance = random.Random(f"{seed}/{number}")  # noqa: S311  (a demo is repeatable, not secret)
    department, item = idea.department, idea.item
    brands, series = department["brands"], department["series"]
    offset = sum(map(ord, item["ko"]))
    brand = _label(brands[(offset + round_) % len(brands)], " ")
    line = (offset // 7 + round_ // len(brands) + round_) % len(series)
    series_ko, series_en = series[line].split(" ", 1)
    model = f" {chr(65 + number % 26)}{number}" if round_ >= len(brands) else ""
    name = Text(ko=f"{brand.ko} {series_ko} {item['ko']}{model}", en=f"{brand.en} {series_en} {item['en']}{model}")
    base = item["price"] * _SERIES_PRICE[line] * chance.uniform(0.92, 1.12)
    options = [_option(name) for name in item.get("options", [])]
    discount = chance.choice(_DISCOUNTS)
    variants = _variants(item, options, f"{department['code'][:3].upper()}{number:05d}", base, discount)
    made = _NEWEST - timedelta(hours=chance.uniform(1, 24 * 400))
    drawings = _draw(department["code"], item, options)
    product = Product(
        id=UUID(int=chance.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62),
        number=number,
        version=1,
        slug=f"{_slug(name.en)}-{number}",
        name=name,
        brand=brand,
        category=item["in"],
        description=_description(item, brand, chance),
        options=[option for option, _ in options],
        variants=variants,
        attributes=[_fact(fact) for fact in item["facts"].split()],
        pictures=[Picture(name=drawing.name, alt=name) for drawing in drawings],
        tags=item["tags"].split(),
        tax_free=item.get("tax_free", False),
        max_per_order=chance.choice((10, 20, 99)),
        status=Status.PUBLISHED,
        popularity=int(chance.paretovariate(0.9) * 12) % 5_000,
        created_at=made,
        changed_at=made,
    )
    return Made(product, drawings, {variant.sku: _quantity(chance) for variant in variants})


def _variants(
    item: dict[str, Any], options: list[tuple[Option, float]], sku: str, base: float, discount: float
) -> list[Variant]:
    variants: list[Variant] = []
    ranges = [range(len(option.values)) for option, _ in options]
    for picks in combinations(*ranges):
        factor = 1.0
        for (_, step), pick in zip(options, picks, strict=True):
            factor *= 1 + step * pick
        full = _round_price(base * factor)
        price = _round_price(full * (1 - discount)) if discount else full
        chosen = {option.code: option.values[pick].code for (option, _), pick in zip(options, picks, strict=True)}
        variants.append(
            Variant(
                sku="-".join((sku, *(code.upper() for code in chosen.values()))),
                choice=chosen,
                price=price,
                list_price=full if price < full else None,
                weight_grams=round(item["weight"] * factor),
            )
        )
    return variants


def _draw(department: str, item: dict[str, Any], options: list[tuple[Option, float]]) -> list[Drawing]:
    colours = [value.code for option, _ in options if option.code == "colour" for value in option.values]
    paint = item.get("paint", "")
    views = [draw(item["shape"], department, colour) for colour in (colours[:2] or [paint])]
    return [*views, draw(item["shape"], department, colours[0] if colours else paint, turned=True)]


def _description(item: dict[str, Any], brand: Label, chance: random.Random) -> Prose:
    note_ko, note_en = chance.choice(_NOTES)
    return Prose(
        ko=f"{item['about_ko']}\n\n{brand.ko}의 {item['ko']}입니다. {note_ko} {_SMALL_PRINT[0]}",
        en=f"{item['about_en']}\n\nBy {brand.en}. {note_en} {_SMALL_PRINT[1]}",
    )


def _quantity(chance: random.Random) -> int:
    """Most things are there in plenty, a few run low, a few are sold out."""
    roll = chance.random()
    if roll < 0.03:
        return 0
    return chance.randint(1, 5) if roll < 0.08 else chance.randint(20, 400)


def _round_price(price: float) -> int:
    """Return a price with an ending that shops use: 9,900 · 47,000 · 129,000 won."""
    if price < 50_000:
        return max(900, round(price / 1_000) * 1_000 - 100)
    return round(price / 1_000) * 1_000


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:90].strip("-")


@cache
def _departments() -> list[dict[str, Any]]:
    folder = files(__package__).joinpath("catalogue")
    return [
        tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    ]


@cache
def _option(name: str) -> tuple[Option, float]:
    entry = _read("options.toml")[name]
    ko, en = entry["name"].split("|")
    values = [_label(value, "|") for value in entry["values"]]
    return Option(code=entry["code"], name=Text(ko=ko, en=en), values=values), entry.get("step", 0.0)


@cache
def _fact(fact: str) -> Attribute:
    code, value = fact.split(":")
    entry = _read("facts.toml")[code]
    ko, en = entry["name"].split("|")
    return Attribute(code=code, name=Text(ko=ko, en=en), value=_label(f"{value}|{entry[value]}", "|"))


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _label(line: str, separator: str) -> Label:
    code, ko, en = line.split(separator, 2)
    return Label(code=code, ko=ko, en=en)
