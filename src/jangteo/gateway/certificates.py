"""HTTPS on one's own machine: a certificate authority of this mall's own, and a certificate for localhost."""

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 397  # browsers refuse longer ones
RENEW_DAYS = 30
ADDRESSES = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its key, as PEM."""

    chain_pem: str
    key_pem: str


class LocalAuthority:
    """Issues the gateway's certificate; `authority.crt` in `directory` is for a browser to trust."""

    def __init__(self, directory: Path, tenants: tuple[str, ...]) -> None:
        """Keep keys and certificates in `directory`, readable by the owner only.

        Each tenant's host is named, for clients take no wildcard right below a top-level domain.
        """
        self._directory = directory
        self._names = ("localhost", "*.localhost", *(f"{tenant}.localhost" for tenant in tenants))
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)

    @property
    def authority_path(self) -> Path:
        """Return the file with the authority's own certificate."""
        return self._directory / "authority.crt"

    def certificate(self, now: dt.datetime) -> Certificate:
        """Return the certificate valid at `now`, made afresh in its last 30 days, or for a new tenant."""
        authority, authority_key = self._authority(now)
        path, key_path = self._directory / "gateway.crt", self._directory / "gateway.key"
        if path.exists() and key_path.exists():
            chain = path.read_text()
            if self._fits(x509.load_pem_x509_certificate(chain.encode()), authority, now):
                return Certificate(chain, key_path.read_text())
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._issue(key, authority, authority_key, now)
        chain = _pem(made) + _pem(authority)
        _write(key_path, _key_pem(key))
        _write(path, chain)
        return Certificate(chain, _key_pem(key))

    def _authority(self, now: dt.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key_path = self._directory / "authority.key"
        if self.authority_path.exists() and key_path.exists():
            known = x509.load_pem_x509_certificate(self.authority_path.read_bytes())
            key = serialization.load_pem_private_key(key_path.read_bytes(), None)
            remaining = known.not_valid_after_utc - now
            if isinstance(key, ec.EllipticCurvePrivateKey) and remaining > dt.timedelta(days=CERTIFICATE_DAYS):
                return known, key
        key = ec.generate_private_key(ec.SECP256R1())
        made = _make_authority(key, now)
        _write(key_path, _key_pem(key))
        _write(self.authority_path, _pem(made))
        return made, key

    def _fits(self, made: x509.Certificate, authority: x509.Certificate, now: dt.datetime) -> bool:
        if made.not_valid_after_utc - now < dt.timedelta(days=RENEW_DAYS):
            return False
        named = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if set(named.get_values_for_type(x509.DNSName)) != set(self._names):
            return False
        try:
            made.verify_directly_issued_by(authority)
        except Exception:  # whatever the flaw, a new one is made
            return False
        return True

    def _issue(
        self,
        key: ec.EllipticCurvePrivateKey,
        authority: x509.Certificate,
        authority_key: ec.EllipticCurvePrivateKey,
        now: dt.datetime,
    ) -> x509.Certificate:
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in self._names]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        builder = _builder(subject, authority.subject, key, now, CERTIFICATE_DAYS)
        return (
            builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )


def _make_authority(key: ec.EllipticCurvePrivateKey, now: dt.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Jangteo local authority")])
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    # Whoever steals this key can pretend to be localhost, and nobody else.
    addresses = [ipaddress.ip_network(network) for network in ("127.0.0.0/8", "::1/128")]
    only_local = x509.NameConstraints([x509.DNSName("localhost"), *map(x509.IPAddress, addresses)], None)
    return (
        _builder(name, name, key, now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(only_local, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=days))
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _write(path: Path, text: str) -> None:
    fresh = path.with_suffix(".fresh")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
