"""Decides which tests a worker is given together and when: what takes long begins first, so that nobody works alone
at the end, and the tests of one service start that service once and not once in each worker."""

from pathlib import Path
from typing import Any

import pytest

try:
    from xdist.scheduler import LoadFileScheduling
except ImportError:  # without workers there is nothing to share out
    LoadFileScheduling = object

# Their tests share a running service or sandbox: a folder stays on one worker. Elsewhere a file does.
TOGETHER = tuple(
    f"integration/{name}/"
    for name in ("product", "shipping", "payment", "order", "user", "notification", "operations", "gateway", "sandbox")
)
# Seconds that what takes long has taken with three workers on two cores; only their order matters.
SECONDS = {
    "browser/test_every_page.py": 147,
    "integration/product/": 130,
    "integration/shipping/": 120,
    "e2e/test_fuzzing.py": 113,
    "integration/payment/": 110,
    "integration/user/": 100,
    "integration/gateway/": 90,
    "e2e/test_stock_and_money.py": 79,
    "e2e/test_kill_matrix.py": 77,
    "e2e/test_permissions.py": 65,
    "integration/order/": 60,
    "integration/stack/test_supervision.py": 57,
    "integration/sandbox/": 55,
    "browser/test_purchase.py": 55,
    "integration/notification/": 50,
    "integration/stack/test_whole_mall.py": 41,
    "e2e/test_oracle.py": 28,
    "e2e/test_rotation.py": 28,
    "integration/discovery/test_registry.py": 27,
    "e2e/test_office_orders.py": 22,
    "integration/cart/test_outage.py": 19,
    "browser/test_office_goods.py": 17,
    "browser/test_protection.py": 17,
    "e2e/test_withdrawal_kills.py": 16,
    "integration/bus/test_nats.py": 16,
    "browser/test_home.py": 14,
    "browser/test_office_orders.py": 14,
}
_HERE = f"{Path(__file__).parent.name}/"
# Other tests of a whole mall, of real servers, and of a unit: the shortest come last.
_USUAL = {"browser/": 5, "e2e/": 5, "integration/": 2}


def scope_of(nodeid: str) -> str:
    """Return the folder or the file that stays on one worker, below the folder of the tests."""
    file = nodeid.partition("::")[0].removeprefix(_HERE)
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def seconds_of(scope: str) -> float:
    """Return what a scope is expected to take."""
    usual = next((seconds for folder, seconds in _USUAL.items() if scope.startswith(folder)), 0)
    return SECONDS.get(scope, usual)


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]  # xdist is untyped, or not there at all
    """Hands the workers one scope after the other, as the tests are sorted."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by what a scope takes, the longest first; within a scope nothing moves."""
    items.sort(key=lambda item: (-seconds_of(scope := scope_of(item.nodeid)), scope))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Take the place of xdist's own `loadfile`."""
    return LongestFirst(config, log) if config.getoption("dist") == "loadfile" else None
