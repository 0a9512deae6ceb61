"""Which companies deliver is said in the settings; a wrong name is told at the start, not by the first parcel."""

import pytest

from jangteo.kit.settings import SettingsError
from jangteo.payment.providers import open_providers
from jangteo.payment.settings import PaymentSettings
from jangteo.shipping.carriers import open_carriers
from jangteo.shipping.settings import ShippingSettings

TOLD = {
    "service": "shipping",
    "bus_url": "nats://127.0.0.1:1",
    "database_url": "postgresql://127.0.0.1:1/x",
    "key_provider": "local:",
    "audit_key": "0" * 64,
    "sandbox_url": "http://127.0.0.1:1",
    "sandbox_secret_key": "key",
    "sandbox_webhook_secret": "secret",
}


async def test_a_carrier_that_nobody_wrote_is_told_at_the_start():
    async with open_carriers(ShippingSettings(**TOLD)) as carriers:
        assert set(carriers) == {"sandbox"}
    with pytest.raises(SettingsError, match="JANGTEO_CARRIER: no carrier is called 'pigeon', but sandbox"):
        async with open_carriers(ShippingSettings(**TOLD, carrier="pigeon")):
            pass


async def test_a_payment_provider_that_nobody_wrote_is_told_at_the_start():
    with pytest.raises(SettingsError, match="JANGTEO_PROVIDERS: no payment provider is called toss"):
        async with open_providers(PaymentSettings(**TOLD, providers="sandbox, toss")):
            pass
