"""Where the time of one checkout goes: the trace of a median one, as a waterfall and as sums.

`python -m bench.anatomy` looks at a mall of its own; `make bench` shows the same at its end.
"""

import argparse
import asyncio
import secrets
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import aiohttp

from bench.operations import Shop, open_shop
from bench.settings import QUICK
from jangteo.kit.telemetry.breakdown import all_work, on_the_way, table, way
from jangteo.kit.telemetry.spans import Trace, collect, is_message
from jangteo.kit.telemetry.waterfall import render
from jangteo.stack.buyer import Buyer
from jangteo.stack.mall import Mall

CHECKOUTS = 21
WARM_UP = 40
# The handling of this message by the order service is what makes an order paid.
PAID = "order payment.captured"
ARRIVAL_SECONDS = 20.0
QUIET_SECONDS = 3.0  # spans are written every two


class Checkout(NamedTuple):
    """One traced purchase; `seconds` from the button to the answer that it is paid."""

    seconds: float
    trace_id: str


def median_checkout(mall: Mall, *, checkouts: int = CHECKOUTS, warm_up: int = WARM_UP) -> str:
    """Place `checkouts` traced orders of one line, one after the other, and return the anatomy of the median one.

    Raises RuntimeError where an order does not get paid, or its trace does not reach the files.
    """
    done = sorted(asyncio.run(_buy(mall.url, checkouts, warm_up)))
    median = done[len(done) // 2]
    files = sorted(mall.home.traces.glob("*.jsonl"))
    trace = _arrived(files, median.trace_id)
    times = ", ".join(f"{1000 * done[place].seconds:.1f}" for place in (0, len(done) // 2, -1))
    return (
        f"{len(done)} checkouts one at a time, from the button to paid, at the client: {times} ms"
        " (fastest, median, slowest)\nthe median one, whose time in the gateway is not in the trace:\n\n"
        f"{render(files, median.trace_id, milestone=PAID)}\n{_sums(trace)}"
    )


async def _buy(url: str, checkouts: int, warm_up: int) -> list[Checkout]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        shop = await open_shop(url, session, members=4)
        for _ in range(warm_up):
            await _checkout(shop, sampled=False)
        return [await _checkout(shop, sampled=True) for _ in range(checkouts)]


async def _checkout(shop: Shop, *, sampled: bool) -> Checkout:
    place = shop.dice.randrange(len(shop.members))
    known, trace_id = shop.members[place], secrets.token_hex(16)
    # The flag at the end is the decision whether to record, which every service respects.
    traceparent = f"00-{trace_id}-{secrets.token_hex(8)}-{'01' if sampled else '00'}"
    buyer = Buyer(shop.url, session=shop.session, traceparent=traceparent)
    buyer.tokens = known.tokens
    line = {"sku": shop.dice.choice(shop.skus), "quantity": 1}
    began = time.perf_counter()
    order = await buyer.place_order(shop.tokens[place], lines=[line], wait=10)
    if order["status"] not in ("paid", "shipped", "delivered"):
        raise RuntimeError(f"the order is {order['status']}: {order.get('reason')}")
    return Checkout(time.perf_counter() - began, trace_id)


def _arrived(files: list[Path], trace_id: str) -> Trace:
    """Return the trace once nothing was added to it for a while."""
    deadline, count, since = time.monotonic() + ARRIVAL_SECONDS, 0, time.monotonic()
    while time.monotonic() < deadline:
        spans = collect(files, trace_id)
        if len(spans) != count:
            count, since = len(spans), time.monotonic()
        elif spans and time.monotonic() - since > QUIET_SECONDS:
            trace = Trace(spans)
            if trace.first(PAID) is not None:
                return trace
        time.sleep(0.3)
    raise RuntimeError(f"trace {trace_id} has {count} spans after {ARRIVAL_SECONDS:.0f} s, none of them {PAID!r}")


def _sums(trace: Trace) -> str:
    reached = trace.first(PAID)
    assert reached is not None  # `_arrived` saw to it
    path = {span.span for span in way(trace, reached)}
    # A message's handling, or a request from outside, with all that it does by itself.
    others = [
        span
        for span in trace.spans
        if (is_message(span) or not span.parent or span in trace.tops) and span.span not in path
    ]
    return (
        f"milliseconds on the way to paid (they add up to {trace.end(reached) / 1000:.1f}), and of what runs beside and"
        " after it\n(several at a time: no sum of waiting). broker: from a commit to the handling of its message.\n\n"
        + table({"on the way to paid": on_the_way(trace, reached), "beside and after": all_work(trace, others)})
    )


def main() -> None:
    """Start a mall, and print the anatomy of a checkout."""
    options = argparse.ArgumentParser(prog="python -m bench.anatomy", description=__doc__)
    options.add_argument("--products", type=int, default=1_000)
    options.add_argument("--checkouts", type=int, default=CHECKOUTS)
    given = options.parse_args()
    home = Path(tempfile.mkdtemp(prefix="jangteo-anatomy-"))
    home.chmod(0o711)
    overrides = {
        **QUICK,
        "product": {"JANGTEO_DEMO_PRODUCTS": str(given.products)},
        "sandbox-carrier": {"JANGTEO_SPEED": "3600"},
    }
    with Mall(home, overrides=overrides) as mall:
        mall.up()
        print(median_checkout(mall, checkouts=given.checkouts))


if __name__ == "__main__":
    main()
