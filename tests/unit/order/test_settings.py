"""Which shops and providers have their money captured later."""

import pytest

from jangteo.order.settings import OrderSettings


@pytest.mark.parametrize(
    ("later", "tenant", "provider", "at_once"),
    [
        ("", "demo", "sandbox", True),
        ("demo", "demo", "sandbox", False),
        ("demo", "other", "sandbox", True),
        ("other, demo/sandbox", "demo", "sandbox", False),
        ("demo/sandbox", "demo", "another", True),
        ("*/sandbox", "other", "sandbox", False),
        ("*", "other", "another", False),
    ],
)
def test_the_setting_names_shops_providers_or_both(later, tenant, provider, at_once):
    settings = OrderSettings(
        service="order", bus_url="", database_url="", key_provider="", audit_key="", capture_later=later
    )
    assert settings.captures_at_once(tenant, provider) is at_once
