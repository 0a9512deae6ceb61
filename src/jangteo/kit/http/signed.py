"""Bodies that providers send of their own accord, signed: whether one is genuine and new."""

import hashlib
import hmac
from datetime import datetime

_LONGEST_MOMENT = 12  # digits: no moment has more, and a number of thousands would not be read by int()


def is_genuine(signature: str, body: bytes, secret: bytes, now: datetime, window: float) -> bool:
    """Return whether `signature` is `t=<Unix seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>`.

    One that is off by more than `window` seconds from `now` may have been sent again by somebody else: False.
    """
    stamp, _, proof = signature.partition(",")
    moment = stamp.removeprefix("t=")
    if not stamp.startswith("t=") or not (moment.isascii() and moment.isdigit() and len(moment) <= _LONGEST_MOMENT):
        return False
    good = hmac.new(secret, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(proof.encode(), f"v1={good}".encode()) and abs(now.timestamp() - int(moment)) <= window
