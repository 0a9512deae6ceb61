"""Members and strangers cannot be told apart: same answers, same statements, same rounds of bcrypt, over 50 tries each.

What is asserted is the work done; the times are printed (`pytest -s`), and only bounded so widely that a forgotten
bcrypt would be noticed and a busy machine would not.
"""

import json
import statistics
import time
import uuid
from datetime import UTC, datetime

import bcrypt
import pytest

from jangteo.kit.clock import MovableClock
from jangteo.kit.telemetry import traces
from jangteo.kit.telemetry.span_file import FileExporter
from jangteo.user import passwords
from jangteo.user.main import assemble

TRIES = 50
REQUESTS = {
    "/v1/sessions": lambda email: {"email": email, "password": "not the password"},
    "/v1/password-resets": lambda email: {"email": email},
    "/v1/email-verifications": lambda email: {"email": email},
}


class Watch:
    """Sends recorded requests; afterwards it knows what each of them did."""

    def __init__(self, file):
        self._file = file
        self._requests = []
        self._running = True
        traces.start(service="user", ratio=0.0, exporters=[FileExporter(file)])

    async def post(self, visitor, path, email):
        """Send the request of `path` about `email`; return the seconds it took."""
        trace, rounds = uuid.uuid4().hex, passwords.ROUNDS._value.get()
        started = time.perf_counter()
        answer = await visitor.call("POST", path, REQUESTS[path](email), traceparent=f"00-{trace}-00f067aa0ba902b7-01")
        took = time.perf_counter() - started
        headers = {name: value for name, value in answer.headers.items() if "trace" not in name}
        seen = (answer.status_code, {**answer.json(), "trace_id": ""}, headers)
        self._requests.append((trace, seen, passwords.ROUNDS._value.get() - rounds))
        return took

    def stop(self):
        if self._running:
            traces.stop()
        self._running = False

    def told(self):
        """Return of each request, in order, what its caller saw, its rounds of bcrypt and its statements."""
        self.stop()
        spans = {span["span"]: span for span in map(json.loads, self._file.read_bytes().splitlines())}
        statements = {trace: [] for trace, _, _ in self._requests}
        for span in spans.values():
            # What is done later, because of a message, is done where no caller can watch; and a connection that
            # served another shop before is told the shop first.
            caller = spans.get(span.get("parent", ""), {})
            if span["name"].startswith("SQL") and span["name"] != "SQL set" and caller.get("kind") == "server":
                statements[span["trace"]].append(span["name"])
        return [(seen, rounds, statements[trace]) for trace, seen, rounds in self._requests]


@pytest.fixture
def watch(app, tmp_path):
    watching = Watch(tmp_path / "spans.jsonl")
    yield watching
    watching.stop()


@pytest.mark.parametrize("path", list(REQUESTS))
async def test_a_members_and_a_strangers_address_are_answered_alike_after_the_same_work(visitor, watch, path):
    known = [(await visitor().sign_up()).json()["email"] for _ in range(TRIES)]
    strange = [f"{uuid.uuid4().hex[:10]}@example.test" for _ in range(TRIES)]
    times = {"known": [], "unknown": []}
    for number, pair in enumerate(zip(known, strange, strict=True)):
        somebody = visitor(address=f"198.51.100.{number}")
        # The first request of a new client takes longer, whoever it is about.
        for kind, email in sorted(zip(times, pair, strict=True), reverse=bool(number % 2)):
            times[kind].append(await watch.post(somebody, path, email))
    told = watch.told()
    assert len(told) == 2 * TRIES
    assert all(one == told[0] for one in told)
    _, rounds, statements = told[0]
    assert statements
    medians = {kind: statistics.median(taken) for kind, taken in times.items()}
    print(path, {kind: f"{1000 * median:.2f} ms" for kind, median in medians.items()}, rounds, statements)  # noqa: T201
    assert max(medians.values()) < 5 * min(medians.values()) + 0.05


async def test_the_attempt_that_locks_an_account_takes_the_same_work_for_a_stranger(
    settings, visitor, visitor_of, watch
):
    email = (await visitor().sign_up()).json()["email"]
    attempts = settings.login_attempts_per_account
    clock = MovableClock(datetime.now(UTC))
    async with assemble(settings, clock) as application:
        someone = visitor_of(application)
        for address in (email, "nobody@example.test"):
            for _ in range(attempts):
                await watch.post(someone, "/v1/sessions", address)
                clock.advance(settings.login_window_seconds)
        await someone.http.aclose()
    told = watch.told()
    assert [one[0][0] for one in told] == [401] * 2 * attempts
    assert told[:attempts] == told[attempts:]
    assert len(told[-1][2]) > len(told[0][2])


@pytest.mark.parametrize("cost", [4, 5, 6])
async def test_a_hash_of_before_costs_a_failed_log_in_as_much_as_one_of_today(cost):
    hasher = passwords.Passwords(6)
    try:
        stored = bcrypt.hashpw(b"something", bcrypt.gensalt(cost)).decode()
        spent = []
        for against in (stored, None):
            before = passwords.ROUNDS._value.get()
            assert not await hasher.matches("a guess", against)
            spent.append(passwords.ROUNDS._value.get() - before)
        assert spent == [2**6, 2**6]
    finally:
        hasher.close()
