"""Identifiers that sort by the time of their making, so that new rows land at the end of an index."""

import os
from datetime import datetime
from uuid import UUID

from jangteo.kit.clock import unix_now

_RANDOM_BITS_A = 12
_RANDOM_BITS_B = 62


def new_id() -> UUID:
    """Return a UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = int(unix_now() * 1000)
    random = int.from_bytes(os.urandom(10))
    random_a = random >> (80 - _RANDOM_BITS_A)
    random_b = random & ((1 << _RANDOM_BITS_B) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | random_a << 64 | 0b10 << 62 | random_b)


def before_all_of(moment: datetime) -> UUID:
    """Return a UUID that sorts behind every id made before `moment` and before every one made from then on."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
