"""The arithmetic of the load: when strangers arrive, what a percentile is, how generators' figures add up."""

import itertools
import json
import random
import statistics

import pytest

from bench.calls import ADD_TO_CART, ASKED, CHECKOUT, SEARCH, Person, Wares
from bench.load.crew import together
from bench.load.job import Done, arrivals, percentile

WARES = Wares(["bags"], ["p1"], ["S-1"], [Person("a@example.test", "token", "card")])


def test_strangers_arrive_at_the_rate_that_was_asked_for_and_independently_of_each_other():
    times = list(arrivals(50, 200, random.Random(3)))
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert times == sorted(times)
    assert times[0] > 0
    assert times[-1] < 200
    assert statistics.fmean(gaps) == pytest.approx(1 / 50, rel=0.05)
    # Independent arrivals have gaps that vary as much as they are long; a metronome's do not vary.
    assert statistics.stdev(gaps) == pytest.approx(1 / 50, rel=0.1)


def test_the_same_seed_makes_the_same_arrivals():
    assert list(arrivals(5, 10, random.Random(1))) == list(arrivals(5, 10, random.Random(1)))


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1)], ids=lambda given: str(given)
)
def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed(share, value):
    assert percentile([float(number) for number in range(1, 101)], share) == value


def test_of_nothing_every_percentile_is_zero():
    assert percentile([], 0.99) == 0.0


def test_generators_add_up_and_the_latest_of_them_counts():
    one = Done(times_ms=[3.0, 1.0], errors=1, faults=["x"], seconds=2.0, cpu_seconds=0.5, late_ms=1.0)
    other = Done(times_ms=[2.0], errors=0, faults=[], seconds=3.0, cpu_seconds=0.25, late_ms=4.0)
    both = together([one, other])
    assert both == Done(times_ms=[1.0, 2.0, 3.0], errors=1, faults=["x"], seconds=3.0, cpu_seconds=0.75, late_ms=4.0)


@pytest.mark.parametrize("asked", ASKED.values(), ids=lambda asked: asked.name)
def test_every_operation_calls_a_public_path_as_json_or_a_page(asked):
    call = asked.compose(WARES, 0, random.Random(1))
    assert call.path.startswith(("/v1/", "/products/"))
    assert (call.method == "POST") == bool(call.body)
    if call.body:
        assert isinstance(json.loads(call.body), dict)


def test_a_search_is_hardly_ever_asked_twice():
    dice = random.Random(5)
    asked = [SEARCH.compose(WARES, 0, dice).path for _ in range(10_000)]
    assert len(set(asked)) > 9_900


def test_two_checkouts_never_share_an_idempotency_key():
    keys = {CHECKOUT.compose(WARES, 0, random.Random(1)).headers["Idempotency-Key"] for _ in range(100)}
    assert len(keys) == 100


@pytest.mark.parametrize(
    ("status", "right"), [("paid", True), ("shipped", True), ("reserved", False), ("rejected", False)]
)
def test_a_checkout_counts_only_when_the_order_is_paid(status, right):
    fault = CHECKOUT.judge(json.dumps({"status": status, "reason": "because"}).encode())
    assert (fault == "") == right
    assert right or (status in fault and "because" in fault)


def test_only_a_full_cart_is_emptied():
    def cart(quantity):
        return json.dumps({"line": {"quantity": quantity}}).encode()

    assert ADD_TO_CART.tidy(cart(9)) is None
    assert ADD_TO_CART.tidy(cart(10)).method == "DELETE"
