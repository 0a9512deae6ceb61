"""The local certificate authority."""

import datetime as dt
import stat

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from jangteo.gateway.certificates import LocalAuthority
from jangteo.kit.clock import MovableClock

DAY = 86_400


@pytest.fixture
def clock():
    return MovableClock(dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def read(chain_pem):
    return x509.load_pem_x509_certificates(chain_pem.encode())


def names(certificate):
    return certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value


def test_the_certificate_names_localhost_each_shop_and_the_loopback_addresses(tmp_path, clock):
    made = LocalAuthority(tmp_path, ("demo", "other")).certificate(clock.now())
    leaf, authority = read(made.chain_pem)
    leaf.verify_directly_issued_by(authority)
    found = names(leaf).get_values_for_type(x509.DNSName)
    assert {"localhost", "*.localhost", "demo.localhost", "other.localhost"} == set(found)
    assert "127.0.0.1" in map(str, names(leaf).get_values_for_type(x509.IPAddress))


def test_it_is_kept_until_its_last_thirty_days_and_renewed_by_the_same_authority_then(tmp_path, clock):
    authority = LocalAuthority(tmp_path, ("demo",))
    first = authority.certificate(clock.now())
    trusted = authority.authority_path.read_bytes()
    clock.advance(366 * DAY)
    assert LocalAuthority(tmp_path, ("demo",)).certificate(clock.now()) == first
    clock.advance(3 * DAY)
    second = authority.certificate(clock.now())
    assert second != first
    assert authority.authority_path.read_bytes() == trusted
    assert read(second.chain_pem)[0].not_valid_after_utc > clock.now() + dt.timedelta(days=390)


def test_a_new_shop_gets_a_new_certificate(tmp_path, clock):
    first = LocalAuthority(tmp_path, ("demo",)).certificate(clock.now())
    second = LocalAuthority(tmp_path, ("demo", "new")).certificate(clock.now())
    assert first != second
    assert "new.localhost" in names(read(second.chain_pem)[0]).get_values_for_type(x509.DNSName)


def test_an_authority_that_ends_too_soon_is_replaced_with_all_it_signed(tmp_path, clock):
    authority = LocalAuthority(tmp_path, ("demo",))
    first = authority.certificate(clock.now())
    clock.advance(3500 * DAY)
    second = authority.certificate(clock.now())
    leaf, issuer = read(second.chain_pem)
    assert issuer != read(first.chain_pem)[1]
    leaf.verify_directly_issued_by(issuer)


def test_a_certificate_of_another_authority_is_not_kept(tmp_path, clock):
    first = LocalAuthority(tmp_path, ("demo",)).certificate(clock.now())
    (tmp_path / "authority.crt").unlink()
    leaf, issuer = read(LocalAuthority(tmp_path, ("demo",)).certificate(clock.now()).chain_pem)
    leaf.verify_directly_issued_by(issuer)
    assert leaf != read(first.chain_pem)[0]


def test_the_authority_can_vouch_for_this_machine_only(tmp_path, clock):
    LocalAuthority(tmp_path, ("demo",)).certificate(clock.now())
    authority = x509.load_pem_x509_certificate((tmp_path / "authority.crt").read_bytes())
    bounds = authority.extensions.get_extension_for_oid(ExtensionOID.NAME_CONSTRAINTS)
    assert bounds.critical
    assert x509.DNSName("localhost") in bounds.value.permitted_subtrees


def test_keys_are_readable_by_their_owner_only(tmp_path, clock):
    LocalAuthority(tmp_path / "tls", ("demo",)).certificate(clock.now())
    for path in (tmp_path / "tls").glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
