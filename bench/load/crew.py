"""The generators together: a job is shared out among them, and their figures are put together again."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from bench.calls import Wares
from bench.load.job import Done, Job

_ROOT = Path(__file__).parents[2]


class GeneratorFailed(Exception):
    """A generator ended instead of answering; its last words are on the terminal."""


class Crew:
    """`size` generators, started once: a fresh Locust takes a second of CPU that would spoil a measurement."""

    def __init__(self, size: int) -> None:
        command = [sys.executable, "-m", "bench.load.generator"]
        self._processes = [
            # A session of its own: Ctrl-C is for the one who started them, who ends them.
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT, start_new_session=True)
            for _ in range(size)
        ]
        for process in self._processes:
            self._line(process)

    @property
    def pids(self) -> list[int]:
        """The processes of the generators."""
        return [process.pid for process in self._processes]

    def __len__(self) -> int:
        return len(self._processes)

    def drive(
        self, url: str, operation: str, wares: Wares, *, seconds: float, buyers: int, rate: float = 0.0, seed: int = 0
    ) -> Done:
        """Drive an operation by `buyers` at a time, or with `rate` arrivals a second by any of them.

        Raises GeneratorFailed.
        """
        everybody, turns = list(range(buyers)), len(self._processes)
        shares = [share for turn in range(turns) if (share := everybody[turn::turns])]
        working = self._processes[: len(shares)]
        for number, (process, people) in enumerate(zip(working, shares, strict=True)):
            job = Job(
                url=url,
                operation=operation,
                seconds=seconds,
                people=people,
                rate=rate / len(shares),
                seed=seed * 1000 + number,
                wares=wares,
            )
            self._tell(process, job)
        return together([msgspec.json.decode(self._line(process), type=Done) for process in working])

    def _tell(self, process: "subprocess.Popen[bytes]", job: Job) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(msgspec.json.encode(job) + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise GeneratorFailed(f"a load generator has ended with {process.wait()}") from None

    def _line(self, process: "subprocess.Popen[bytes]") -> bytes:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise GeneratorFailed(f"a load generator ended with {process.wait()}")
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            assert process.stdin is not None
            with suppress(BrokenPipeError):
                process.stdin.close()
        for process in self._processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def together(parts: list[Done]) -> Done:
    """Return what several generators did at the same time as one; the busiest one's lateness counts."""
    return Done(
        times_ms=sorted(time for part in parts for time in part.times_ms),
        errors=sum(part.errors for part in parts),
        faults=list(dict.fromkeys(fault for part in parts for fault in part.faults)),
        seconds=max(part.seconds for part in parts),
        cpu_seconds=sum(part.cpu_seconds for part in parts),
        late_ms=max(part.late_ms for part in parts),
    )
