"""How events of older versions are brought up to date: an event is never edited, its form may change all the same."""

from typing import Any

from jangteo.kit.eventstore import Upcaster
from jangteo.kit.money import included_vat
from jangteo.order.domain.events import OrderPlaced, PaymentChosen


def placed_from_1(old: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Bring `order.placed/1` up: its one `shipping_fee` had no surcharge yet, and it did not state the VAT."""
    fee = old["shipping_fee"]
    taxed = fee + sum(line["unit_price"] * line["quantity"] for line in old["lines"] if not line["tax_free"])
    new = {key: value for key, value in old.items() if key != "shipping_fee"}
    new["delivery"] = {"base_fee": fee, "surcharge": 0, "zone": "mainland"}
    new["vat"] = included_vat(taxed)
    return OrderPlaced.type, new


def chosen_from_1(old: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Bring `order.payment_chosen/1` up: its money was held first, and captured by a command of its own."""
    return PaymentChosen.type, old | {"at_once": False}


UPCASTERS: dict[str, Upcaster] = {"order.placed/1": placed_from_1, "order.payment_chosen/1": chosen_from_1}
