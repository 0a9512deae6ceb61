"""One load generator: Locust as a library, in a process of its own, doing the jobs that come on its standard input.

Locust's own loop is closed: a user waits for its answer. The open loop is one Locust user that starts a greenlet at
each planned moment, on a pool of connections that grows as needed; its times count from the planned moment, so that a
mall that stalls cannot hide by keeping the generator waiting (no coordinated omission).
"""

import random
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import gevent  # type: ignore[import-untyped]  # its stubs are another package
import msgspec
from geventhttpclient.client import HTTPClientPool
from locust import FastHttpUser, task
from locust.env import Environment
from locust.exception import StopUser

from bench.calls import ASKED, Call, bearer
from bench.load.job import Done, Job, arrivals, percentile

_AT_ONCE = 1000  # connections of an open loop at most
_PATIENCE_SECONDS = 60.0  # for one answer
_FAULTS_TOLD = 3
_PAUSE_AFTER_FAULT = 0.05  # a mall that refuses everything must not be hammered


class Session:
    """The measurements of one job, and what its users share."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.asked = ASKED[job.operation]
        self.dice = random.Random(job.seed)
        self.times_ms: list[float] = []
        self.late_ms: list[float] = []
        self.errors = 0
        self.faults: list[str] = []
        self.broken: Exception | None = None
        self.ends_at = time.perf_counter() + job.seconds

    def perform(self, client: Any, number: int, since: float) -> bool:
        """Make one call as member `number`; its time counts from `since`. Say whether it went well."""
        try:
            return self._perform(client, number, since)
        except Exception as error:  # a fault of ours, which Locust would only log: such a run must not pass
            self.broken = error
            raise

    def _perform(self, client: Any, number: int, since: float) -> bool:
        call = self.asked.compose(self.job.wares, number, self.dice)
        answer = self._send(client, call)
        taken = (time.perf_counter() - since) * 1000
        content = answer.content or b""
        if fault := self._fault(answer, content):
            self.errors += 1
            if fault not in self.faults and len(self.faults) < _FAULTS_TOLD:
                self.faults.append(fault)
            return False
        self.times_ms.append(round(taken, 3))
        if (after := self.asked.tidy(content)) is not None:
            person = self.job.wares.people[number]
            self._send(client, Call(after.method, after.path, after.body, after.headers | bearer(person)))
        return True

    def _send(self, client: Any, call: Call) -> Any:
        return client.request(
            call.method, call.path, name=self.job.operation, data=call.body or None, headers=call.headers
        )

    def _fault(self, answer: Any, content: bytes) -> str:
        if not answer.status_code:
            return f"no answer: {answer.error!r}"
        if answer.status_code >= 400:
            return f"{answer.status_code} {_reason(content)}"
        return self.asked.judge(content)


def _reason(content: bytes) -> str:
    """Return why a call was refused, out of the problem document, or the beginning of whatever came instead."""
    try:
        problem = msgspec.json.decode(content)
        return f"{problem['code']}: {problem.get('detail', '')}"
    except (msgspec.DecodeError, KeyError, TypeError):
        return content[:200].decode(errors="replace")


def closed_loop(session: Session) -> type[FastHttpUser]:
    """Return the user that calls again as soon as it is answered, until the time is over."""
    numbers = iter(session.job.people)

    class Buyer(FastHttpUser):
        host = session.job.url
        network_timeout = connection_timeout = _PATIENCE_SECONDS

        @task
        def buy(self) -> None:
            number = next(numbers)
            while (now := time.perf_counter()) < session.ends_at:
                if not session.perform(self.client, number, now):
                    gevent.sleep(_PAUSE_AFTER_FAULT)
            raise StopUser

    return Buyer


def open_loop(session: Session) -> type[FastHttpUser]:
    """Return the one user that starts calls at their moments, and ends when the last of them is answered."""
    job = session.job

    class Street(FastHttpUser):
        host = job.url
        network_timeout = connection_timeout = _PATIENCE_SECONDS
        client_pool = HTTPClientPool(
            concurrency=_AT_ONCE, network_timeout=_PATIENCE_SECONDS, connection_timeout=_PATIENCE_SECONDS
        )

        @task
        def arrive(self) -> None:
            began, under_way = time.perf_counter(), []
            for turn, at in enumerate(arrivals(job.rate, job.seconds, session.dice)):
                planned = began + at
                if (wait := planned - time.perf_counter()) > 0:
                    gevent.sleep(wait)
                session.late_ms.append((time.perf_counter() - planned) * 1000)
                number = job.people[turn % len(job.people)]
                under_way.append(gevent.spawn(session.perform, self.client, number, planned))
            gevent.joinall(under_way, raise_error=True)
            raise StopUser

    return Street


def carry_out(job: Job) -> Done:
    """Do a job and return what came of it. Raises whatever went wrong in the generator itself."""
    session = Session(job)
    kind: Callable[[Session], type[FastHttpUser]] = open_loop if job.rate else closed_loop
    users = 1 if job.rate else len(job.people)
    environment = Environment(user_classes=[kind(session)], catch_exceptions=False)
    runner = environment.create_local_runner()
    cpu, began = _own_cpu(), time.perf_counter()
    session.ends_at = began + job.seconds
    runner.start(users, spawn_rate=users)
    if runner.spawning_greenlet is not None:
        runner.spawning_greenlet.join()
    runner.user_greenlets.join()
    elapsed, used = time.perf_counter() - began, _own_cpu() - cpu
    runner.quit()
    if session.broken is not None:
        raise session.broken
    return Done(
        times_ms=session.times_ms,
        errors=session.errors,
        faults=session.faults,
        seconds=elapsed,
        cpu_seconds=used,
        late_ms=percentile(sorted(session.late_ms), 0.99),
    )


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Answer each line with a job by a line with what came of it, until the input ends."""
    decoder = msgspec.json.Decoder(Job)
    answers = sys.stdout.buffer
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        answers.write(msgspec.json.encode(carry_out(decoder.decode(line))) + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
