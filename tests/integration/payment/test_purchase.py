"""Authorise and capture through the bus, with every card that the processor knows."""

import pytest

from jangteo.contracts.payment import (
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
)


async def test_a_good_card_is_authorised_then_captured_and_charged_once(buyer):
    one = buyer()
    await one.pay()
    assert one.said() == [PaymentAuthorised, PaymentCaptured]
    (payment,) = await one.at_processor()
    assert (payment["status"], payment["captured_amount"]) == ("captured", 12_900)


@pytest.mark.parametrize(
    ("card", "reason"), [("declined", "card_declined"), ("insufficient_funds", "insufficient_funds")]
)
async def test_a_refused_card_is_declined_with_the_providers_reason(buyer, card, reason):
    one = buyer()
    await one.authorise(card)
    assert (await one.until(PaymentDeclined)).reason == reason
