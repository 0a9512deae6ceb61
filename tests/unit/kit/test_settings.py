"""A setting that is missing or wrong stops the process with its name, never its value."""

import pytest

from jangteo.kit.settings import ServiceSettings, SettingsError, load


class ExampleSettings(ServiceSettings, frozen=True, kw_only=True):
    secret_key: str
    limit: int = 3


def test_a_services_own_variable_wins_over_the_common_one():
    environ = {
        "JANGTEO_BUS_URL": "nats://x",
        "JANGTEO_SECRET_KEY": "common",
        "JANGTEO_MY_SHOP_SECRET_KEY": "own",
        "JANGTEO_TENANTS": "a,b",
        "JANGTEO_LIMIT": "7",
    }
    settings = load(ExampleSettings, "my-shop", environ)
    assert (settings.secret_key, settings.limit, settings.tenants) == ("own", 7, ("a", "b"))


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text("from-file\n")
    environ = {"JANGTEO_BUS_URL": "nats://x", "JANGTEO_SECRET_KEY_FILE": str(tmp_path / "key")}
    assert load(ExampleSettings, "shop", environ).secret_key == "from-file"


def test_a_missing_setting_is_named():
    with pytest.raises(SettingsError, match="JANGTEO_SECRET_KEY is not set"):
        load(ExampleSettings, "shop", {"JANGTEO_BUS_URL": "nats://x"})


def test_a_wrong_setting_is_named_without_its_value():
    environ = {"JANGTEO_BUS_URL": "nats://x", "JANGTEO_SECRET_KEY": "s3cret", "JANGTEO_LIMIT": "s3cret"}
    with pytest.raises(SettingsError, match="JANGTEO_LIMIT") as caught:
        load(ExampleSettings, "shop", environ)
    assert "s3cret" not in str(caught.value)
