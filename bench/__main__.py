"""`make bench`: what the mall carries and what it costs, in CPU milliseconds per operation by process.

Starts a mall of its own with a large catalogue, drives it through the gateway, prints the figures, and stores them with
a report for the browser in bench/results.
"""

import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import figures, machine, table
from bench.anatomy import median_checkout
from bench.cpu import memory_mebibytes
from bench.figures import Figure, Result
from bench.load.crew import Crew, GeneratorFailed
from bench.measuring import Bench, Course
from bench.options import read
from bench.report.page import write
from bench.settings import DIFFERENCES, MEASURED, bcrypt_cost
from jangteo.stack.buyer import Refused
from jangteo.stack.home import StackError
from jangteo.stack.mall import Mall

_OVERHEAD_SECONDS = 3.0  # of each load: until the mall is calm again
_FIXED_SECONDS = 60.0


def main() -> None:
    """Measure, print, store; end with 1, and words, where the mall or the generators fail."""
    given, course = read()
    try:
        _run(given.products, given.generators, course, anatomy=not given.no_anatomy)
    except (GeneratorFailed, Refused, StackError) as error:
        raise SystemExit(f"the measurement failed: {error}") from None
    except KeyboardInterrupt:
        raise SystemExit("interrupted: nothing is stored") from None


def _run(products: int, generators: int, course: Course, *, anatomy: bool) -> None:
    home = Path(tempfile.mkdtemp(prefix="jangteo-bench-"))
    home.chmod(0o711)
    overrides = {**MEASURED, "product": {"JANGTEO_DEMO_PRODUCTS": str(products)}}
    loads = len(course.operations) * (len(course.levels) + len(course.shares))
    minutes = (loads * (course.seconds + _OVERHEAD_SECONDS) + _FIXED_SECONDS) / 60
    print(f"a mall with {products:,} products, {loads} loads: about {minutes:.0f} minutes", flush=True)
    with Mall(home, overrides=overrides) as mall, Crew(generators) as crew:
        mall.up()
        time.sleep(_OVERHEAD_SECONDS)
        fresh = memory_mebibytes(mall)
        bench = Bench(mall, crew, _Teller())
        found = asyncio.run(bench.run(course))
        result = Result(
            format=figures.FORMAT,
            at=datetime.now(UTC),
            commit=machine.commit(),
            machine=machine.machine(),
            settings=_settings(course, products, generators),
            differences=list(DIFFERENCES),
            rest=bench.rest,
            memory_fresh=fresh,
            memory_used=memory_mebibytes(mall),
            figures=found,
            anatomy=_anatomy(mall) if anatomy else "",
        )
    print(table.summary(result))
    if result.anatomy:
        print(f"\nwhere the time of one checkout goes\n{result.anatomy}")
    stored = figures.store(result)
    print(f"\nstored in {os.path.relpath(stored)}; for the browser: {os.path.relpath(write(result, stored))}")


def _anatomy(mall: Mall) -> str:
    try:
        return median_checkout(mall)
    except RuntimeError as error:  # a quarter of an hour of figures must not be lost with it
        return f"could not be taken: {error}"


class _Teller:
    """Prints each figure as it comes, below the name of its operation."""

    def __init__(self) -> None:
        self._operation = ""

    def __call__(self, figure: Figure) -> None:
        if figure.operation != self._operation:
            self._operation = figure.operation
            print(f"\n{figure.operation}\n{table.heading()}", flush=True)
        print(table.line(figure), flush=True)


def _settings(course: Course, products: int, generators: int) -> dict[str, str]:
    return {
        "products": f"{products:,}",
        "seconds per load": f"{course.seconds:g}",
        "buyers": ", ".join(str(level) for level in course.levels),
        "open loops": ", ".join(f"{share:.0%} of the best rate" for share in course.shares) or "none",
        "bcrypt cost": str(bcrypt_cost()),
        "load generators": f"{generators} processes (Locust)",
        "replicas": "one process of each service",
        "durability": "every commit is flushed to the disk",
    }


if __name__ == "__main__":
    main()
