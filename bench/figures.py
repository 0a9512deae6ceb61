"""What a run of `make bench` found, as it is stored, shown, plotted and compared."""

import statistics
from datetime import datetime
from pathlib import Path

import msgspec

RESULTS = Path(__file__).parent / "results"
FORMAT = 2
# They stand for other companies' machines: their cost is told beside the mall's own.
OUTSIDE = ("sandbox-pay", "sandbox-carrier", "mailbox")


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How the mall was driven: by `buyers` who wait for their answers, or by `rate` arrivals a second who do not.

    `share` is the part of the best closed-loop rate that `rate` is.
    """

    buyers: int = 0
    rate: float = 0.0
    share: float = 0.0

    @property
    def is_open(self) -> bool:
        """Say whether calls arrive without waiting for the ones before."""
        return self.rate > 0

    @property
    def label(self) -> str:
        """The load in words, the same in every run."""
        if self.is_open:
            return f"open, {self.share:.0%} of best"
        return f"{self.buyers} buyer{'s' if self.buyers > 1 else ''}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One operation under one load. Times in ms, from the (planned) call to the last byte of the answer.

    CPU in ms per good answer, with what was done in the background afterwards, without what the mall uses at rest:
    `cpu_ms` of the mall, its servers and gateway included; `cpu_ms_outside` of the pretend companies around it.
    `generator_cores` and `other_cores` are what the load itself and everybody else on the machine used meanwhile.
    """

    operation: str
    load: Load
    requests: int
    errors: int
    faults: list[str]
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    cpu_ms: float
    cpu_ms_outside: float
    cpu_ms_by_unit: dict[str, float]
    generator_ms: float
    generator_cores: float
    other_cores: float
    late_ms: float
    remarks: list[str]


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run. `machine` and `settings` are name -> value as they are to be read; memory in MiB by unit."""

    format: int
    at: datetime
    commit: str
    machine: dict[str, str]
    settings: dict[str, str]
    differences: list[str]
    rest: dict[str, float]
    memory_fresh: dict[str, float]
    memory_used: dict[str, float]
    figures: list[Figure]
    anatomy: str = ""

    @property
    def operations(self) -> list[str]:
        """The operations in the order in which they were measured."""
        return list(dict.fromkeys(figure.operation for figure in self.figures))

    def of(self, operation: str) -> list[Figure]:
        """Return the figures of one operation."""
        return [figure for figure in self.figures if figure.operation == operation]

    def cpu(self, operation: str) -> dict[str, float]:
        """Return the CPU ms of an operation by unit, the dearest first: the median over the closed loops.

        The median, because one autovacuum or one neighbour in one of the loops is not the operation's price.
        """
        loops = [figure.cpu_ms_by_unit for figure in self.of(operation) if not figure.load.is_open and figure.requests]
        units = {unit for loop in loops for unit in loop}
        medians = {unit: statistics.median(loop.get(unit, 0.0) for loop in loops) for unit in units}
        return dict(sorted(medians.items(), key=lambda item: -item[1]))

    def cpu_ms(self, operation: str) -> float:
        """Return the CPU ms of an operation in the mall, the pretend companies around it left out: the main figure."""
        return statistics.median(
            [figure.cpu_ms for figure in self.of(operation) if not figure.load.is_open and figure.requests] or [0.0]
        )

    def generator_ms(self, operation: str) -> float:
        """Return the CPU ms of the load generators for one call: the median of the closed loops.

        The same code does the same work in every run, so this is the yardstick for how fast the machine was.
        """
        loops = [figure for figure in self.of(operation) if not figure.load.is_open and figure.requests]
        return statistics.median([figure.generator_ms for figure in loops] or [0.0])


class Unreadable(Exception):
    """A file is no result of this benchmark."""


def store(result: Result) -> Path:
    """Write a result into bench/results and return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{result.at:%Y%m%d-%H%M%S}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=1))
    return path


def load(path: Path) -> Result:
    """Read a result. Raises Unreadable, saying why, where the file is none or is of another format."""
    try:
        raw = path.read_bytes()
        version = msgspec.json.decode(raw, type=_Version).format
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise Unreadable(f"{path} is not a result of `make bench`: {error}") from None
    if version != FORMAT:
        raise Unreadable(f"{path} has format {version}; this version reads format {FORMAT}: measure again")
    try:
        return msgspec.json.decode(raw, type=Result)
    except msgspec.DecodeError as error:
        raise Unreadable(f"{path} is damaged: {error}") from None


def newest(count: int) -> list[Path]:
    """Return the last results, the oldest of them first."""
    return sorted(RESULTS.glob("*.json"))[-count:] if count else []


class _Version(msgspec.Struct):
    format: int
