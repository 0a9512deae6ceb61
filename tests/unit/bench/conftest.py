"""A small result of `make bench` to show, plot and compare."""

from datetime import UTC, datetime

import pytest

from bench.figures import FORMAT, Figure, Load, Result


@pytest.fixture
def figure_of():
    """Make a figure of an operation under a load, with the CPU ms of its processes."""

    def make(operation="list of 24", load=None, cpu=None, **changed):
        cpu = cpu if cpu is not None else {"product": 0.2, "gateway": 0.1, "sandbox-pay": 0.05}
        values = {
            "operation": operation,
            "load": load or Load(buyers=4),
            "requests": 1000,
            "errors": 0,
            "faults": [],
            "per_second": 100.0,
            "p50_ms": 5.0,
            "p95_ms": 9.0,
            "p99_ms": 20.0,
            "max_ms": 31.0,
            "cpu_ms": sum(ms for unit, ms in cpu.items() if not unit.startswith("sandbox")),
            "cpu_ms_outside": sum(ms for unit, ms in cpu.items() if unit.startswith("sandbox")),
            "cpu_ms_by_unit": cpu,
            "generator_ms": 0.2,
            "generator_cores": 0.3,
            "other_cores": 0.0,
            "late_ms": 0.0,
            "remarks": [],
        }
        return Figure(**{**values, **changed})

    return make


@pytest.fixture
def result_of(figure_of):
    """Make a result of some figures."""

    def make(figures=None, **changed):
        loads = [Load(buyers=1), Load(buyers=4), Load(rate=50.0, share=0.5)]
        values = {
            "format": FORMAT,
            "at": datetime(2026, 3, 1, 12, tzinfo=UTC),
            "commit": "0123456789",
            "machine": {"CPU": "one", "cores": "2"},
            "settings": {"products": "10,000", "bcrypt cost": "12"},
            "differences": ["The gateway's rate limits are off."],
            "rest": {"product": 0.01},
            "memory_fresh": {"product": 80.0, "gateway": 30.0},
            "memory_used": {"product": 95.5, "gateway": 33.0},
            "figures": [figure_of(load=load) for load in loads] if figures is None else figures,
            "anatomy": "order place <1 ms>",
        }
        return Result(**{**values, **changed})

    return make
