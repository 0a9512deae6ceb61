"""A product as fields of a form, and back: a field is named as the API names it, so that an error finds its place.

Rows that are left empty are no rows. `options[0].values[1].ko` is a field's name as well as its path in the body.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product as combinations
from typing import Any

from jangteo.web.forms import Form
from jangteo.web.office.goods.told import Product
from jangteo.web.texts import SEOUL

BLANK = {"options": 1, "values": 2, "variants": 2, "attributes": 2}
MOST = {"options": 5, "values": 60, "variants": 200, "attributes": 60}
_PLAIN = ("name_ko", "name_en", "description_ko", "description_en", "slug", "category", "status")
_PLACE = re.compile(r"\[(\d+)\]")
_LABEL = ("code", "ko", "en")


def fields_of(product: Product) -> dict[str, str]:
    """Return the fields of a product, by their names."""
    found = {name: str(getattr(product, name)) for name in _PLAIN}
    found |= {"tags": "\n".join(product.tags), "max_per_order": str(product.max_per_order)}
    found["publish_at"] = _local(product.publish_at) if product.publish_at else ""
    if product.tax_free:
        found["tax_free"] = "1"
    if product.brand:
        found |= _label("brand", product.brand)
    for place, option in enumerate(product.options):
        path = f"options[{place}]"
        found |= {f"{path}.code": option.code, f"{path}.name.ko": option.name.ko, f"{path}.name.en": option.name.en}
        for inner, value in enumerate(option.values):
            found |= _label(f"{path}.values[{inner}]", value)
    for place, variant in enumerate(product.variants):
        path = f"variants[{place}]"
        found |= {f"{path}.sku": variant.sku, f"{path}.price": str(variant.price)}
        found[f"{path}.list_price"] = "" if variant.list_price is None else str(variant.list_price)
        found[f"{path}.weight_grams"] = str(variant.weight_grams)
        found |= {f"{path}.choice.{code}": value for code, value in variant.choice.items()}
    for place, fact in enumerate(product.attributes):
        path = f"attributes[{place}]"
        found |= {f"{path}.code": fact.code, f"{path}.name.ko": fact.name.ko, f"{path}.name.en": fact.name.en}
        found |= _label(f"{path}.value", fact.value)
    return found


def count(form: Form, rows: str, extra: int = 0) -> int:
    """Return how many rows of `rows` (a path without a number) to show: those that are filled and some blank ones."""
    used = max(_used(form, rows), default=-1) + 1
    kind = rows.rpartition(".")[2]
    return min(used + BLANK[kind] + extra, MOST[kind])


def body_of(form: Form) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what is sent, and for each path in it the field that it came from, where that has another number."""
    places: dict[str, str] = {}
    options = [_option(form, at, to, places) for to, at in _rows(form, "options", places)]
    codes = [option["code"] for option in options]
    body: dict[str, Any] = {name: form.text(name) for name in _PLAIN}
    body["slug"] = body["slug"] or None
    body["tags"] = [line.strip() for line in form.text("tags").splitlines() if line.strip()]
    body["tax_free"] = form.flag("tax_free")
    body["max_per_order"] = _number(form.text("max_per_order"), 99)
    body["publish_at"] = _moment(form.text("publish_at"))
    body["brand"] = _label_in(form, "brand")
    body["options"] = options
    body["variants"] = [_variant(form, at, codes) for _, at in _rows(form, "variants", places)]
    body["attributes"] = [_fact(form, at) for _, at in _rows(form, "attributes", places)]
    return body, places


def place_errors(form: Form, errors: Mapping[str, str], places: Mapping[str, str]) -> None:
    """Note the API's errors beside the fields that they are about."""
    for path, message in errors.items():
        for sent, field in sorted(places.items(), key=lambda pair: -len(pair[0])):
            if path.startswith(sent):
                path = field + path[len(sent) :]
                break
        form.errors[path] = message


def combined(form: Form) -> dict[str, str]:
    """Return the fields with a variant for each combination of the options' values that has none yet."""
    fields = {name: form.text(name) for name in form.names()}
    options = [_option(form, at, to, {}) for to, at in _rows(form, "options", {})]
    codes = [option["code"] for option in options]
    known = [_variant(form, at, codes) for _, at in _rows(form, "variants", {})]
    there = {tuple(variant["choice"].get(code, "") for code in codes) for variant in known}
    first: dict[str, Any] = known[0] if known else {"sku": "", "price": "", "weight_grams": 0}
    stem = first["sku"].split("-")[0] if known else form.text("slug").upper()[:20] or "SKU"
    place = max(_used(form, "variants"), default=-1) + 1
    for values in combinations(*([value["code"] for value in option["values"]] for option in options)):
        if not options or values in there or place >= MOST["variants"]:
            continue
        path = f"variants[{place}]"
        fields |= {f"{path}.choice.{code}": value for code, value in zip(codes, values, strict=True)}
        fields[f"{path}.sku"] = "-".join((stem, *(value.upper() for value in values)))
        fields |= {f"{path}.price": str(first["price"] or ""), f"{path}.weight_grams": str(first["weight_grams"])}
        place += 1
    return fields


def differences(mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return name, my value and the other's, for each field that differs."""
    names = dict.fromkeys((*theirs, *mine))
    pairs = ((name, mine.get(name, "").strip(), theirs.get(name, "").strip()) for name in names)
    return [(name, own, other) for name, own, other in pairs if _same_lines(own) != _same_lines(other)]


def _same_lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _used(form: Form, rows: str) -> set[int]:
    start = f"{rows}["
    return {
        int(found[1])
        for name in form.names()
        if name.startswith(start) and (found := _PLACE.match(name[len(rows) :])) and form.text(name) not in ("", "0")
    }


def _rows(form: Form, rows: str, places: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield for each row that is filled its path in what is sent, and in the form."""
    for to, at in enumerate(sorted(_used(form, rows))):
        places[f"{rows}[{to}]"] = f"{rows}[{at}]"
        yield f"{rows}[{to}]", f"{rows}[{at}]"


def _option(form: Form, at: str, to: str, places: dict[str, str]) -> dict[str, Any]:
    values = []
    for inner_to, inner in enumerate(sorted(_used(form, f"{at}.values"))):
        places[f"{to}.values[{inner_to}]"] = f"{at}.values[{inner}]"
        values.append({name: form.text(f"{at}.values[{inner}].{name}") for name in _LABEL})
    return {"code": form.text(f"{at}.code"), "name": _text(form, f"{at}.name"), "values": values}


def _variant(form: Form, at: str, codes: list[str]) -> dict[str, Any]:
    chosen = {code: form.text(f"{at}.choice.{code}") for code in codes}
    found: dict[str, Any] = {"sku": form.text(f"{at}.sku"), "choice": {k: v for k, v in chosen.items() if v}}
    found["price"] = _number(form.text(f"{at}.price"), None)
    found["list_price"] = _number(form.text(f"{at}.list_price"), None)
    found["weight_grams"] = _number(form.text(f"{at}.weight_grams"), 0)
    return found


def _fact(form: Form, at: str) -> dict[str, Any]:
    value = {name: form.text(f"{at}.value.{name}") for name in _LABEL}
    return {"code": form.text(f"{at}.code"), "name": _text(form, f"{at}.name"), "value": value}


def _text(form: Form, at: str) -> dict[str, str]:
    return {name: form.text(f"{at}.{name}") for name in ("ko", "en")}


def _label_in(form: Form, at: str) -> dict[str, str] | None:
    found = {name: form.text(f"{at}.{name}") for name in _LABEL}
    return found if any(found.values()) else None


def _label(path: str, label: Any) -> dict[str, str]:
    return {f"{path}.{name}": getattr(label, name) for name in _LABEL}


def _number(typed: str, default: int | None) -> Any:
    """Return the number; what is none is sent as it is, for the API to refuse by its field."""
    plain = typed.replace(",", "")
    if not plain:
        return default
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 16 else typed


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(SEOUL):%Y-%m-%dT%H:%M}"


def _moment(typed: str) -> str | None:
    """Return a time of Seoul's clock as the API reads it; what is none as it is."""
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=SEOUL).isoformat()
    except ValueError:
        return typed
