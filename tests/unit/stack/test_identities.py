"""The identities of the services: each has its own private key and no other, so none can speak as another."""

import base64
import hmac
import time
from pathlib import Path
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from jangteo.kit.auth import SERVICE_AUDIENCE, ServiceIdentity, TokenInvalid
from jangteo.stack.credentials import Credentials

NAMES = ["order", "payment", "cart"]


def test_every_service_gets_a_key_pair_that_belongs_together(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path)
    credentials.make_identities(["order", "payment"])
    order = (credentials.identity_folder("order") / "order.key").read_bytes()
    credentials.make_identities(NAMES)
    assert (credentials.identity_folder("order") / "order.key").read_bytes() == order
    private = load_pem_private_key(order, None)
    assert isinstance(private, Ed25519PrivateKey)
    for reader in NAMES:
        public = load_pem_public_key((credentials.identity_folder(reader) / "order.pub").read_bytes())
        assert isinstance(public, Ed25519PublicKey)
        public.verify(private.sign(b"hello"), b"hello")


def test_no_service_is_given_the_private_key_of_another(tmp_path: Path) -> None:
    (tmp_path / "identity").mkdir()
    (tmp_path / "identity" / "order.key").write_text("from when all shared one folder")
    credentials = Credentials(tmp_path)
    credentials.make_identities(NAMES)
    assert [path.name for path in (tmp_path / "identity").iterdir() if path.is_file()] == []
    for name in NAMES:
        folder = credentials.identity_folder(name)
        assert {path.name for path in folder.iterdir()} == {f"{name}.key", *(f"{other}.pub" for other in NAMES)}
        assert folder.stat().st_mode & 0o077 == 0
        assert (folder / f"{name}.key").stat().st_mode & 0o077 == 0


def test_one_service_cannot_speak_as_another(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path)
    credentials.make_identities(NAMES)
    order, payment, cart = (ServiceIdentity(name, credentials.identity_folder(name)) for name in NAMES)
    assert cart.verify(order.token("demo")).service == "order"
    assert cart.verify(payment.token("demo")).service == "payment"
    folder = credentials.identity_folder("order")
    private, of_payment = (folder / "order.key").read_text(), (folder / "payment.pub").read_bytes()
    now = int(time.time())
    claims = {"iss": "payment", "aud": SERVICE_AUDIENCE, "tenant": "demo", "iat": now, "exp": now + 60}
    forged = [
        jwt.encode(claims, private, algorithm="EdDSA"),
        jwt.encode(claims, "", algorithm="none"),
        _signed_with_the_public_key(claims, of_payment),
        jwt.encode({**claims, "iss": "../order/order"}, private, algorithm="EdDSA"),
        jwt.encode({**claims, "iss": "nobody"}, private, algorithm="EdDSA"),
        jwt.encode({**claims, "iss": "order", "aud": "jangteo"}, private, algorithm="EdDSA"),
        jwt.encode({**claims, "iss": "order", "exp": now - 120}, private, algorithm="EdDSA"),
    ]
    for token in forged:
        with pytest.raises(TokenInvalid):
            cart.verify(token)


def _signed_with_the_public_key(claims: dict[str, Any], public: bytes) -> str:
    """The old trick: what everybody may know, used as the secret of a symmetric signature."""
    parts = [base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=") for part in ({"alg": "HS256"}, claims)]
    signed = b".".join(parts)
    seal = base64.urlsafe_b64encode(hmac.digest(public, signed, "sha256")).rstrip(b"=")
    return (signed + b"." + seal).decode()
