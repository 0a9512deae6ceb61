"""The figures on the terminal."""

from collections.abc import Mapping

from bench.figures import OUTSIDE, Figure, Result

_SHOWN_SHARE = 0.01  # a process with less of an operation is not named


def line(figure: Figure) -> str:
    """Return one load of an operation, with whatever spoils it below."""
    times = "".join(f"{milliseconds(ms):>9}" for ms in (figure.p50_ms, figure.p95_ms, figure.p99_ms))
    cpu = f"{milliseconds(figure.cpu_ms):>10}{milliseconds(figure.cpu_ms_outside):>9}"
    cores = f"{figure.generator_cores:>8.2f}{figure.other_cores:>8.2f}"
    text = f"  {figure.load.label:<18}{figure.per_second:>9,.1f}{times}{figure.errors:>8}{cpu}{cores}"
    notes = [*figure.remarks, *(f"error: {fault}" for fault in figure.faults)]
    return "\n".join([text, *(f"      {note}" for note in notes)])


def heading() -> str:
    """Return what the columns of `line` are."""
    first = f"  {'':<18}{'a second':>9}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'errors':>8}{'CPU ms':>10}{'outside':>9}"
    return f"{first}{'load':>8}{'others':>8}"


def parts(cpu: Mapping[str, float]) -> str:
    """Return CPU ms by process in words, the dearest first."""
    least = _SHOWN_SHARE * sum(cpu.values())
    return " · ".join(f"{unit} {milliseconds(ms)}" for unit, ms in cpu.items() if ms > least)


def summary(result: Result) -> str:
    """Return the CPU per operation, by process; the mall at rest; and what the figures stand on."""
    lines = ["", "CPU per operation, in ms, median of the closed loops; background work included, rest left out"]
    for operation in result.operations:
        cpu = result.cpu(operation)
        mall = {unit: ms for unit, ms in cpu.items() if unit not in OUTSIDE}
        outside = {unit: ms for unit, ms in cpu.items() if unit in OUTSIDE}
        lines.append(f"  {operation:<24}{milliseconds(result.cpu_ms(operation)):>8}   {parts(mall)}")
        if sum(outside.values()) > _SHOWN_SHARE * result.cpu_ms(operation):
            lines.append(f"  {'':<24}{'':>8}   pretend companies, not counted: {parts(outside)}")
    fresh, used = sum(result.memory_fresh.values()), sum(result.memory_used.values())
    lines += [
        "",
        f"memory (PSS): {fresh:,.0f} MiB fresh, {used:,.0f} MiB after the load: {_mebibytes(result.memory_used)}",
        f"CPU at rest: {sum(result.rest.values()):.3f} cores",
        f"machine: {', '.join(f'{name} {value}' for name, value in result.machine.items())}; commit {result.commit}",
        f"settings: {', '.join(f'{name} {value}' for name, value in result.settings.items())}",
        "`load` and `others` are the cores that the generators and everybody else on this machine used meanwhile",
        "what differs from a production mall:",
        *(f"  - {difference}" for difference in result.differences),
    ]
    return "\n".join(lines)


def milliseconds(value: float) -> str:
    """Return a number with about three digits that mean something."""
    places = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    return f"{round(value, places) + 0.0:,.{places}f}"  # + 0.0: a zero has no sign


def _mebibytes(memory: Mapping[str, float]) -> str:
    return " · ".join(f"{unit} {size:.0f}" for unit, size in sorted(memory.items(), key=lambda item: -item[1]))
