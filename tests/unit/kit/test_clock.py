"""A running process's clock can be moved, for a while and by a file, and only on a developer's machine."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jangteo.kit import clock
from jangteo.kit.auth import ServiceIdentity, TokenInvalid
from jangteo.kit.clock import SystemClock, follow_offset, unix_now
from jangteo.kit.settings import ServiceSettings, SettingsError, load
from jangteo.stack.credentials import Credentials

HOUR = 3600.0
BUS = {"JANGTEO_BUS_URL": "nats://localhost"}


@pytest.fixture
def offset(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "offset"
    follow_offset(file)
    yield file
    clock._shift = None


def ahead() -> float:
    """Return by how many seconds the clock differs from the machine's, once the file has been looked at again."""
    time.sleep(clock._READ_AGAIN_SECONDS + 0.01)
    return (SystemClock().now() - datetime.now(UTC)).total_seconds()


def test_the_clock_follows_the_file_while_the_process_runs(offset: Path) -> None:
    assert abs(ahead()) < 60
    offset.write_text(str(HOUR))
    assert abs(ahead() - HOUR) < 60
    assert abs(unix_now() - time.time() - HOUR) < 60
    offset.write_text(str(-HOUR))
    assert abs(ahead() + HOUR) < 60
    offset.unlink()
    assert abs(ahead()) < 60


def test_a_clock_may_be_wrong_on_a_developers_machine_alone() -> None:
    told = {**BUS, "JANGTEO_CLOCK_OFFSET_FILE": "/somewhere"}
    assert load(ServiceSettings, "order", told).clock_offset_file == "/somewhere"
    with pytest.raises(SettingsError, match="JANGTEO_CLOCK_OFFSET_FILE is for the environment local alone"):
        load(ServiceSettings, "order", {**told, "JANGTEO_ENVIRONMENT": "production"})


def test_a_service_whose_clock_was_ahead_is_believed_again_once_it_is_right(offset: Path) -> None:
    secrets = Credentials(offset.parent)
    secrets.make_identities(["order", "payment"])
    order, payment = (ServiceIdentity(name, secrets.identity_folder(name)) for name in ("order", "payment"))
    offset.write_text(str(HOUR))
    assert abs(ahead() - HOUR) < 60
    of_the_future = order.token("demo")
    offset.write_text("0")
    assert abs(ahead()) < 60
    with pytest.raises(TokenInvalid):
        payment.verify(of_the_future)
    assert payment.verify(order.token("demo")).service == "order"


def test_a_token_has_expired_by_the_clock_that_is_told(offset: Path) -> None:
    secrets = Credentials(offset.parent)
    secrets.make_identities(["order", "payment"])
    order, payment = (ServiceIdentity(name, secrets.identity_folder(name)) for name in ("order", "payment"))
    token = order.token("demo")
    offset.write_text(str(HOUR))
    assert abs(ahead() - HOUR) < 60
    with pytest.raises(TokenInvalid):
        payment.verify(token)
