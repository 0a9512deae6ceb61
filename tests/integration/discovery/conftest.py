"""A registry server of its own for these tests, because they take it away."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jangteo.stack.embedded import Servers


class Registry:
    """NATS, shut out of one test's sight from the others by a prefix."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self.url = f"{servers.url('nats')}?prefix=test-{uuid.uuid4().hex[:8]}"

    def stop(self) -> None:
        """Take it away."""
        self._servers.stop()

    def start(self) -> None:
        """Bring it back at the same address."""
        self._servers.start("nats")


@pytest.fixture(scope="session")
def nats_alone(throw_away: Callable[[str], Path]) -> Iterator[Servers]:
    """NATS and nothing else."""
    with Servers(throw_away("registry"), fsync=False) as running:
        yield running.start("nats")


@pytest.fixture
def server(nats_alone: Servers) -> Registry:
    """The registry server of one test."""
    return Registry(nats_alone)
