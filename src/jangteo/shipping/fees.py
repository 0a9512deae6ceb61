"""What a delivery costs: a pure function of the goods, the place and the tariff."""

import re
from dataclasses import dataclass
from datetime import datetime

from jangteo.contracts.shipping import Quote, QuoteRequest
from jangteo.kit.errors import Invalid
from jangteo.shipping.promise import promise
from jangteo.shipping.zones import zone_of

# One parcel's fee covers so much; each further step of weight costs extra.
COVERED_GRAMS = 10_000
STEP_GRAMS = 5_000
MAX_GRAMS = 1_000_000
_ZIP = re.compile(r"[0-9]{5}")


class ZipMalformed(Invalid):
    """A Korean zip code has five digits (since 2015-08-01)."""

    code = "address.zip"
    ko = "우편번호는 숫자 5자리여야 합니다."
    en = "A zip code has five digits."


class NotDelivered(Invalid):
    """Goods that cannot be sent, told before anybody pays."""

    code = "shipping.not_delivered"
    ko = "배송할 수 없는 무게입니다: {grams}g (최대 {limit}g)"
    en = "A weight of {grams} g cannot be sent (at most {limit} g)."


@dataclass(frozen=True)
class Tariff:
    """A shop's prices of delivery, in won."""

    base_fee: int
    free_over: int
    jeju_surcharge: int
    island_surcharge: int
    heavy_fee_per_step: int


def quote(request: QuoteRequest, tariff: Tariff, now: datetime) -> Quote:
    """Return what the delivery costs, and when it would come if it were ordered at `now`.

    Free delivery covers the base fee only: sea and weight are paid all the same.

    Raises ZipMalformed, NotDelivered.
    """
    if not _ZIP.fullmatch(request.zip):
        raise ZipMalformed(field="zip")
    if request.weight_grams > MAX_GRAMS:
        raise NotDelivered(field="weight_grams", grams=request.weight_grams, limit=MAX_GRAMS)
    zone = zone_of(request.zip)
    base_fee = 0 if request.items_total >= tariff.free_over else tariff.base_fee
    surcharge = {"jeju": tariff.jeju_surcharge, "island": tariff.island_surcharge}.get(zone, 0)
    surcharge += weight_steps(request.weight_grams) * tariff.heavy_fee_per_step
    return Quote(
        fee=base_fee + surcharge,
        base_fee=base_fee,
        surcharge=surcharge,
        zone=zone,
        currency=request.currency,
        free_over=tariff.free_over,
        free_over_missing=max(0, tariff.free_over - request.items_total),
        promise=promise(zone, now),
    )


def weight_steps(grams: int) -> int:
    """Return how many begun steps of weight lie above what one fee covers."""
    return -(-max(0, grams - COVERED_GRAMS) // STEP_GRAMS)
