"""Messages between processes over the broker that the URL names; the only door to any broker."""

from collections.abc import Callable

from jangteo.kit.bus.interface import (
    DEFAULT_REDELIVERY,
    MAX_BODY,
    BrokerUnavailable,
    Bus,
    Choice,
    Delivery,
    Handler,
    MessageTooLarge,
    Outgoing,
    Parked,
    Queue,
    Subscription,
)

__all__ = [
    "DEFAULT_REDELIVERY",
    "MAX_BODY",
    "BrokerUnavailable",
    "Bus",
    "Choice",
    "Delivery",
    "Handler",
    "MessageTooLarge",
    "Outgoing",
    "Parked",
    "Queue",
    "Subscription",
    "connect",
]


async def connect(
    url: str,
    *,
    name: str,
    redelivery: float = DEFAULT_REDELIVERY,
    wait: float = 5.0,
    on_disconnect: Callable[[], None] | None = None,
) -> Bus:
    """Return the bus at `url`, chosen by its scheme; `name` is what the broker shows for this process.

    A broker that is not up within `wait` seconds is no error: the bus goes on trying, meanwhile `publish`
    and `check` raise `Unavailable`. `redelivery` is in seconds. Raises ValueError for an unknown scheme.
    """
    scheme = url.partition("://")[0]
    if scheme in ("nats", "tls"):
        from jangteo.kit.bus.nats.bus import NatsBus

        return await NatsBus.open(url, name=name, redelivery=redelivery, wait=wait, on_disconnect=on_disconnect)
    raise ValueError(f"no message bus for the scheme {scheme!r}; known: nats, tls")
