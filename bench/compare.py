"""`make bench-compare A=… B=…`: two results side by side, with the change in percent and a mark beyond the noise.

CPU per operation is what is judged; rates and times are shown without a verdict. Where others use the machine, even CPU
time buys less (caches and cores are shared), so the generators' own CPU per call, whose code is the same in both runs,
is the yardstick: a change is marked only if it is beyond the noise both as measured and beside that of the yardstick.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from bench.figures import RESULTS, Figure, Result, Unreadable, load, newest
from bench.table import milliseconds

# Runs of the same code on the same machine stay within this on CPU per operation, measured with the yardstick.
NOISE_PERCENT = 10.0


class Incomparable(Exception):
    """Two results have nothing in common, or there are not two."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the comparison; end with 2, and words, where there is none to be made."""
    parser = argparse.ArgumentParser(prog="python -m bench.compare", description="Compare two results of `make bench`.")
    parser.add_argument("files", nargs="*", metavar="RESULT", help="two files; by default the last two results")
    given = parser.parse_args(arguments)
    try:
        before, after = chosen(given.files)
        print(comparison(load(before), load(after), _name(before), _name(after)))
    except (Unreadable, Incomparable) as error:
        parser.error(str(error))


def chosen(files: Sequence[str]) -> tuple[Path, Path]:
    """Return the two results that are meant: none given are the last two; a name alone is one in bench/results.

    Raises Incomparable.
    """
    if len(files) not in (0, 2):
        raise Incomparable(f"two results are compared, not {len(files)}: name both (A=… B=…), or none for the last two")
    if files:
        return _found(files[0]), _found(files[1])
    last = newest(2)
    if len(last) < 2:
        raise Incomparable(
            f"two results are compared; {os.path.relpath(RESULTS)} has {len(last)}: run `make bench` first"
        )
    return last[0], last[1]


def change(before: float, after: float) -> float:
    """Return the change in percent; 0 from nothing to nothing, infinite from nothing to something."""
    if before == after:
        return 0.0
    return float("inf") if before <= 0 else 100 * (after - before) / before


def beyond_noise(before: float, after: float, slower: float = 1.0) -> bool:
    """Say whether a change is more than runs of the same code differ by, on a machine `slower` times as slow."""
    return all(abs(change(before, now)) > NOISE_PERCENT for now in (after, after / slower))


def slowness(before: Result, after: Result, operation: str) -> float:
    """Return how many times the CPU time the generators needed for the same calls; 1 where that is not known."""
    one, two = before.generator_ms(operation), after.generator_ms(operation)
    return two / one if one > 0 and two > 0 else 1.0


def comparison(before: Result, after: Result, name: str = "A", other: str = "B") -> str:
    """Return both results side by side. Raises Incomparable where no operation is in both."""
    operations = [operation for operation in before.operations if operation in after.operations]
    if not operations:
        raise Incomparable(f"{name} and {other} have no operation in common")
    lines = [
        f"A  {name}: {before.at:%Y-%m-%d %H:%M} UTC, commit {before.commit or 'unknown'}",
        f"B  {other}: {after.at:%Y-%m-%d %H:%M} UTC, commit {after.commit or 'unknown'}",
        *_differing("machine", before.machine, after.machine),
        *_differing("settings", before.settings, after.settings),
        "",
        f"CPU ms per operation{'':<6}{'A':>9}{'B':>9}{'change':>9}{'machine':>10}{'net':>9}"
        f"   beyond {NOISE_PERCENT:g} %, what moved most",
    ]
    lines += [_cpu(before, after, operation) for operation in operations]
    lines += ["", "machine: the generators' CPU for the same call; net: the change beside it", ""]
    lines += [f"{'':<26}{'a second':>29}{'p50 ms':>29}{'p99 ms':>29}", _columns()]
    for operation in operations:
        lines += [operation, *_loads(before.of(operation), after.of(operation))]
    memory = (sum(before.memory_used.values()), sum(after.memory_used.values()))
    lines += ["", f"{'memory after it, MiB':<26}{_pair(*memory)}"]
    lines += _only("A", before, after) + _only("B", after, before)
    return "\n".join(lines)


def _cpu(before: Result, after: Result, operation: str) -> str:
    one, two = before.cpu_ms(operation), after.cpu_ms(operation)
    slower = slowness(before, after, operation)
    text = f"{operation:<26}{_pair(one, two)}{_percent(1, slower):>10}{_percent(one, two / slower):>9}"
    if not beyond_noise(one, two, slower):
        return text
    mine, theirs = before.cpu(operation), after.cpu(operation)
    moved = {unit: theirs.get(unit, 0.0) - mine.get(unit, 0.0) for unit in {*mine, *theirs}}
    most = sorted(moved, key=lambda unit: -abs(moved[unit]))[:3]
    mark = "▲" if two > one else "▼"
    return f"{text} {mark} {', '.join(f'{unit} {moved[unit]:+.2f}' for unit in most)}"


def _loads(before: Sequence[Figure], after: Sequence[Figure]) -> list[str]:
    other = {figure.load.label: figure for figure in after}
    lines = []
    for one in before:
        two = other.get(one.load.label)
        if two is not None:
            rate = _pair(one.per_second, two.per_second)
            times = _pair(one.p50_ms, two.p50_ms) + "  " + _pair(one.p99_ms, two.p99_ms)
            errors = f"   errors {one.errors} / {two.errors}" if one.errors or two.errors else ""
            lines.append(f"  {one.load.label:<24}{rate}  {times}{errors}")
    return lines


def _columns() -> str:
    return f"{'':<26}" + "  ".join(f"{'A':>9}{'B':>9}{'change':>9}" for _ in range(3))


def _pair(before: float, after: float) -> str:
    return f"{milliseconds(before):>9}{milliseconds(after):>9}{_percent(before, after):>9}"


def _percent(before: float, after: float) -> str:
    moved = change(before, after)
    return "0 %" if moved == 0 else "new" if moved == float("inf") else f"{moved:+.1f} %"


def _differing(what: str, before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [
        f"   {what} differ, {name}: {before.get(name, 'none')} / {after.get(name, 'none')}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _only(name: str, one: Result, other: Result) -> list[str]:
    left = [operation for operation in one.operations if operation not in other.operations]
    return [f"only in {name}: {', '.join(left)}"] if left else []


def _found(name: str) -> Path:
    path = Path(name)
    return path if path.exists() or "/" in name else RESULTS / f"{path.stem}.json"


def _name(path: Path) -> str:
    return path.stem


if __name__ == "__main__":
    main()
