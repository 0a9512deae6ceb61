"""Puts a product into the JSON of a list or of its own page, in one language."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jangteo.contracts.product import Offer
from jangteo.product.domain.catalogue import Category, Product, Status, Variant
from jangteo.product.domain.stock import Level
from jangteo.product.schemas import (
    AttributeOut,
    Card,
    CategoryOut,
    CategoryTree,
    Detail,
    Named,
    OptionOut,
    PictureOut,
    VariantOut,
)
from jangteo.product.stock.queries import product_level

MEDIA_PATH = "/media/"
encode = msgspec.json.Encoder().encode


def render_card(product: Product, levels: Mapping[str, Level], language: str) -> bytes:
    """Return the JSON of a Card."""
    return encode(Card(**_card(product, levels, language)))


def render_detail(product: Product, lineage: Sequence[Category], levels: Mapping[str, Level], language: str) -> bytes:
    """Return the JSON of a Detail."""
    return encode(
        Detail(
            **_card(product, levels, language),
            version=product.version,
            description=product.description.said_in(language),
            breadcrumbs=[Named(code=step.code, name=step.name.said_in(language)) for step in reversed(lineage)],
            options=[
                OptionOut(
                    code=option.code,
                    name=option.name.said_in(language),
                    values=[Named(code=value.code, name=value.said_in(language)) for value in option.values],
                )
                for option in product.options
            ],
            variants=[_variant(product, variant, levels, language) for variant in product.variants],
            attributes=[
                AttributeOut(code=fact.code, name=fact.name.said_in(language), value=fact.value.said_in(language))
                for fact in product.attributes
            ],
            pictures=[
                PictureOut(url=MEDIA_PATH + picture.name, alt=picture.alt.said_in(language))
                for picture in product.pictures
            ],
            tags=product.tags,
            tax_free=product.tax_free,
            max_per_order=product.max_per_order,
        )
    )


def render_offers(product: Product) -> dict[str, tuple[bytes, bool]]:
    """Return for each SKU its Offer's JSON, without what changes with every sale, and whether it is on sale."""
    on_sale = product.status is Status.PUBLISHED
    offers: dict[str, tuple[bytes, bool]] = {}
    for variant in product.variants:
        whole = Offer(
            sku=variant.sku,
            product_id=product.id,
            slug=product.slug,
            name_ko=product.name.ko,
            name_en=product.name.en or product.name.ko,
            option=product.option_label(variant, "ko"),
            price=variant.price,
            list_price=variant.list_price,
            currency=product.currency,
            tax_free=product.tax_free,
            weight_grams=variant.weight_grams,
            picture=MEDIA_PATH + product.pictures[0].name if product.pictures else "",
            available=0,
            purchasable=False,
            max_per_order=product.max_per_order,
        )
        steady = {name: getattr(whole, name) for name in whole.__struct_fields__ if name not in _CHANGING}
        offers[variant.sku] = (encode(steady)[:-1], on_sale)
    return offers


_CHANGING = ("available", "purchasable")


def finish_offer(steady: bytes, available: int, on_sale: bool) -> bytes:
    """Return the JSON of an Offer for the quantity that is there now."""
    left = max(available, 0)
    return b'%b,"available":%d,"purchasable":%b}' % (steady, left, b"true" if on_sale and left else b"false")


def render_categories(categories: Sequence[Category], language: str) -> bytes:
    """Return the JSON of the CategoryTree; a category whose parent is gone stands at the top."""
    codes = {category.code for category in categories}

    def inside(parent: str | None) -> list[CategoryOut]:
        return [
            CategoryOut(
                slug=category.code,
                name=category.name.said_in(language),
                parent=parent,
                children=inside(category.code),
            )
            for category in categories
            if (category.parent if category.parent in codes else None) == parent
        ]

    return encode(CategoryTree(items=inside(None)))


def _card(product: Product, levels: Mapping[str, Level], language: str) -> dict[str, Any]:
    lowest = product.lowest()
    level = product_level(levels, [variant.sku for variant in product.variants])
    before = lowest.list_price
    return {
        "id": product.id,
        "slug": product.slug,
        "name": product.name.said_in(language),
        "brand": Named(code=product.brand.code, name=product.brand.said_in(language)) if product.brand else None,
        "category": product.category,
        "price": lowest.price,
        "list_price": before,
        "discount_percent": (before - lowest.price) * 100 // before if before else 0,
        "price_varies": any(variant.price != lowest.price for variant in product.variants),
        "currency": product.currency,
        "picture": MEDIA_PATH + product.pictures[0].name if product.pictures else None,
        "level": level.value,
        "available": level is not Level.OUT,
    }


def _variant(product: Product, variant: Variant, levels: Mapping[str, Level], language: str) -> VariantOut:
    level = levels.get(variant.sku, Level.OUT)
    return VariantOut(
        sku=variant.sku,
        choice=variant.choice,
        option=product.option_label(variant, language),
        price=variant.price,
        list_price=variant.list_price,
        weight_grams=variant.weight_grams,
        level=level.value,
        available=level is not Level.OUT,
    )
