"""What a provider sends of its own accord counts only under its own signature, and only while it is new."""

from datetime import UTC, datetime

import pytest

from jangteo.kit.http.signed import is_genuine
from jangteo.sandbox.signature import sign

NOW = datetime(2026, 11, 22, tzinfo=UTC)
AT = NOW.timestamp()
GOOD = sign("secret", b"body", AT)


def genuine(signature, body=b"body", secret=b"secret"):
    return is_genuine(signature, body, secret, NOW, 300)


@pytest.mark.parametrize("at", [AT - 300, AT, AT + 300])
def test_a_body_that_is_signed_and_new_counts(at):
    assert genuine(sign("secret", b"body", at))


@pytest.mark.parametrize(
    "signature",
    [
        sign("secret", b"body", AT - 301),
        sign("secret", b"body", AT + 301),
        sign("another", b"body", AT),
        GOOD.removeprefix("t="),
        GOOD.replace("v1=", "v0="),
        f"t=,{GOOD.partition(',')[2]}",
        f"t=٣,{GOOD.partition(',')[2]}",
        f"t={'9' * 5000},{GOOD.partition(',')[2]}",
        "",
        "é",
    ],
)
def test_anything_else_does_not(signature):
    assert not genuine(signature)


def test_another_body_or_secret_does_not():
    assert not genuine(GOOD, body=b"bodY")
    assert not genuine(GOOD, secret=b"secreT")
