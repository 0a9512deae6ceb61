"""Every service is told what it reads, by the names that it reads, and nothing that is another's."""

import importlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jangteo.stack.credentials import Credentials
from jangteo.stack.environment import BY_NAME, DATABASES, PORTS, SERVICES, Site, environment, migration_environment
from jangteo.stack.home import Home

COMMON = {
    *("JANGTEO_ENVIRONMENT", "JANGTEO_HOST", "JANGTEO_PORT", "JANGTEO_BUS_URL", "JANGTEO_VALKEY_URL"),
    *("JANGTEO_IDENTITY_DIR", "JANGTEO_PUBLIC_URL", "JANGTEO_PUBLIC_HTTPS_URL"),
    *("JANGTEO_TENANTS", "JANGTEO_DEFAULT_TENANT", "JANGTEO_TRACE_RATIO", "JANGTEO_TRACE_FILE"),
    *("JANGTEO_LOG_LEVEL", "JANGTEO_STATE_DIR"),
}
OWN = {
    "user": {"JANGTEO_AUDIT_KEY", "JANGTEO_DATABASE_URL", "JANGTEO_KEY_PROVIDER", "JANGTEO_STAFF_MFA"},
    "product": {"JANGTEO_AUDIT_KEY", "JANGTEO_DATABASE_URL", "JANGTEO_MONGODB_URL"},
    "cart": {"JANGTEO_CART_SECRET"},
    "order": {"JANGTEO_AUDIT_KEY", "JANGTEO_DATABASE_URL", "JANGTEO_KEY_PROVIDER"},
    "payment": {
        "JANGTEO_AUDIT_KEY",
        *("JANGTEO_DATABASE_URL", "JANGTEO_KEY_PROVIDER", "JANGTEO_SANDBOX_URL"),
        *("JANGTEO_SANDBOX_SECRET_KEY", "JANGTEO_SANDBOX_WEBHOOK_SECRET"),
    },
    "shipping": {
        *("JANGTEO_AUDIT_KEY", "JANGTEO_BY_HAND"),
        *("JANGTEO_DATABASE_URL", "JANGTEO_KEY_PROVIDER", "JANGTEO_SANDBOX_URL"),
        *("JANGTEO_SANDBOX_SECRET_KEY", "JANGTEO_SANDBOX_WEBHOOK_SECRET"),
    },
    "notification": {"JANGTEO_AUDIT_KEY", "JANGTEO_DATABASE_URL", "JANGTEO_SMTP_URL"},
    "operations": {"JANGTEO_AUDIT_KEY", "JANGTEO_DATABASE_URL", "JANGTEO_WATCHED"},
    "sandbox-pay": {"JANGTEO_SECRET_KEY", "JANGTEO_WEBHOOK_SECRET", "JANGTEO_WEBHOOK_URL"},
    "sandbox-carrier": {"JANGTEO_SECRET_KEY", "JANGTEO_WEBHOOK_SECRET", "JANGTEO_WEBHOOK_URL", "JANGTEO_SPEED"},
    "mailbox": {"JANGTEO_SMTP_PORT"},
    "web": {"JANGTEO_GATEWAY_URL", "JANGTEO_GATEWAY_KEY"},
    "gateway": {
        *("JANGTEO_HTTP_PORT", "JANGTEO_HTTPS_PORT", "JANGTEO_ADMIN_PORT", "JANGTEO_INNER_PORT", "JANGTEO_INNER_KEY")
    },
}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    home = Home(tmp_path)
    home.prepare()
    return Site(home, {name: 20000 + number for number, name in enumerate(PORTS)}, Credentials(home.secrets))


@pytest.mark.parametrize("name", OWN)
def test_a_service_is_told_the_common_and_its_own(site: Site, name: str) -> None:
    assert set(environment(name, site)) == COMMON | OWN[name]


def test_the_table_has_every_service() -> None:
    assert set(BY_NAME) == set(OWN)
    assert set(DATABASES) == {"user", "product", "order", "payment", "shipping", "notification", "operations"}


def test_no_service_is_told_a_password_of_another_or_of_the_owner(site: Site) -> None:
    owner = site.credentials.password("postgres.jangteo_owner")
    for service in SERVICES:
        values = " ".join(environment(service.name, site).values())
        assert owner not in values
        for other in DATABASES:
            assert (site.database_url(other) in values) == (other == service.name)
    assert owner in migration_environment("order", site)["JANGTEO_MIGRATION_URL"]


def test_both_ends_of_a_sandbox_share_their_secrets(site: Site) -> None:
    for client, sandbox, path in (
        ("payment", "sandbox-pay", "/v1/webhooks/payments/sandbox"),
        ("shipping", "sandbox-carrier", "/v1/webhooks/carriers/sandbox"),
    ):
        ours, its = environment(client, site), environment(sandbox, site)
        assert ours["JANGTEO_SANDBOX_SECRET_KEY"] == its["JANGTEO_SECRET_KEY"]
        assert ours["JANGTEO_SANDBOX_WEBHOOK_SECRET"] == its["JANGTEO_WEBHOOK_SECRET"]
        assert ours["JANGTEO_SANDBOX_URL"] == f"http://127.0.0.1:{site.ports[sandbox]}"
        assert its["JANGTEO_WEBHOOK_URL"] == f"http://127.0.0.1:{site.ports['gateway.http']}{path}"


@pytest.mark.parametrize("name", OWN)
def test_no_required_setting_of_a_service_is_left_out(site: Site, name: str) -> None:
    package = {"mailbox": "jangteo.sandbox.mailbox"}.get(name, f"jangteo.{name.replace('-', '.')}")
    given = environment(name, site)
    own = f"JANGTEO_{name.upper().replace('-', '_')}_"
    for settings in _settings(importlib.import_module(f"{package}.settings")):
        for field in msgspec.structs.fields(settings):
            names = {prefix + field.name.upper() + end for prefix in (own, "JANGTEO_") for end in ("", "_FILE")}
            assert field.name == "service" or not field.required or names & set(given), field.name


def _settings(module: Any) -> list[type[msgspec.Struct]]:
    from jangteo.kit.settings import ServiceSettings

    found = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, ServiceSettings)]
    return [one for one in found if one is not ServiceSettings]
