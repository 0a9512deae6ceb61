"""The verdict, line by line: what was asked, the figures, and whether they are as they should be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from bench.soak.readings import Reading
from bench.soak.stock_taking import Inventory
from bench.soak.trend import Point, gathered, slope_of

# Flat: what a process grew in the measured time, at the lower bound of the slope, is less than 1 MiB and 1% of it.
# At 1 order a second for 15 minutes that is one kilobyte an order: a single remembered object shows. A run of an hour
# finds a quarter of it. A file or a shared page in memory is the kernel's to take back, and does not count.
FLAT_MIB, FLAT_SHARE = 1.0, 0.01
# A pool may have opened one more, a health check may be under way in the moment of the reading.
SPARE = {"connections": 3, "descriptors": 8, "threads": 2}
SERVERS = ("PostgreSQL", "Valkey", "NATS")  # nobody must take what was not read for nothing
BACKLOG = 20  # messages: a second's worth
# Rows that are the shop's memory, and grow by what is sold; everything else must stay within bounds.
MEANT = frozenset(
    {
        "order.events",
        "order.order_views",
        "order.person_keys",
        "payment.orders",
        "payment.payments",
        "payment.refunds",
        "payment.ledger_movements",
        "product.reservations",
        "product.reservation_lines",
        "product.stock_ledger",
        "shipping.shipments",
        "shipping.shipment_lines",
        "shipping.sightings",
        "shipping.person_keys",
        "notification.notifications",
        "user.sessions",
        "user.members",
        "user.consents",
        "user.person_keys",
        "user.addresses",
    }
)
PRUNED = ("inbox", "idempotency", "webhooks")
# At most one in a hundred orders may leave a row in a table that is not meant to grow.
STRAY_SHARE = 0.01


class Line(NamedTuple):
    """One line of the verdict; `good` is None for what is only told."""

    what: str
    figures: str
    good: bool | None = None


@dataclass(frozen=True)
class Run:
    """Everything that a run has shown; times in seconds of the run."""

    readings: Sequence[Reading]
    warm_at: float
    load_ended_at: float
    orders: int
    before: Inventory
    after: Inventory
    ages: Mapping[str, float]
    oldest_allowed: float
    left: Mapping[str, int]
    members: int
    errors: Sequence[str] = ()
    failed: Mapping[str, int] = field(default_factory=dict)
    restarts: int = 0
    faults: Sequence[str] = ()

    @property
    def measured(self) -> list[Reading]:
        """The readings under load, warm."""
        return [one for one in self.readings if self.warm_at <= one.at <= self.load_ended_at]


def judge(run: Run) -> list[Line]:
    """Return the whole verdict."""
    return [
        *memory_lines(run),
        *resource_lines(run),
        *connection_lines(run),
        *backlog_lines(run),
        *retention_lines(run),
        *growth_lines(run),
        *conduct_lines(run),
    ]


def memory_lines(run: Run) -> list[Line]:
    """Say of each process whether its own memory is flat."""
    hours = (run.load_ended_at - run.warm_at) / 3600
    lines = []
    for name in run.measured[0].processes:
        series = [Point(one.at, one.processes[name].anonymous) for one in run.measured]
        slope, first, last = slope_of(gathered(series)), series[0].value, series[-1].value
        per_hour = [3600 * value for value in (slope.value, slope.low, slope.high)]
        figures = f"{first:6.1f} -> {last:6.1f} MiB, {per_hour[0]:+6.2f} MiB/h [{per_hour[1]:+.2f}, {per_hour[2]:+.2f}]"
        good = per_hour[1] * hours <= FLAT_MIB + FLAT_SHARE * first
        lines.append(Line(f"memory of {name}", figures, good))
    return lines


def resource_lines(run: Run) -> list[Line]:
    """Say whether descriptors and threads of each process are, at rest, what they were under load."""
    lines = []
    for kind in ("descriptors", "threads"):
        grown, most = [], 0
        for name in run.measured[0].processes:
            early, late = _early_and_late(run, partial(_of_process, name, kind))
            most = max(most, late - early)
            if late > early + SPARE[kind]:
                grown.append(f"{name} {early} -> {late}")
        figures = "; ".join(grown) or f"no process has more than {max(most, 0)} more than early under load"
        lines.append(Line(f"{kind} of each process", figures, not grown))
    return lines


def connection_lines(run: Run) -> list[Line]:
    """Say of each server's connections, by role, whether there are more at the end than early under load."""
    names = sorted({name for one in run.readings for name in one.connections})
    lines = []
    for name in names:
        early, late = _early_and_late(run, partial(_of_server, name))
        lines.append(Line(f"connections: {name}", f"{early} -> {late}", late <= early + SPARE["connections"]))
    seen = [server for server in SERVERS if any(name.startswith(server) for name in names)]
    lines.append(Line("servers whose connections were seen", ", ".join(seen), len(seen) == len(SERVERS)))
    return lines


def backlog_lines(run: Run) -> list[Line]:
    """Say whether messages pile up in any outbox."""
    lines = []
    for name in run.measured[0].outbox:
        series = [one.outbox[name] for one in run.measured]
        third = max(1, len(series) // 3)
        early, late = _middle(series[:third]), _middle(series[-third:])
        figures = f"older than 5 s: {early} -> {late}, at most {max(series)}"
        lines.append(Line(f"outbox of {name}", figures, late <= early + BACKLOG))
    return lines


def retention_lines(run: Run) -> list[Line]:
    """Say whether everything that is kept for a while has gone when its while was over."""
    lines = [
        Line(f"oldest row of {name}", f"{age:.0f} s, allowed {run.oldest_allowed:.0f} s", age <= run.oldest_allowed)
        for name, age in sorted(run.ages.items())
    ]
    lines += [Line(name, str(count), count == 0) for name, count in run.left.items()]
    lines.append(Line("parked messages", str(run.readings[-1].parked), run.readings[-1].parked == 0))
    lasting = ", ".join(f"{count} {kind}" for kind, count in sorted(run.after.lasting_keys.items())) or "none"
    grown = sum(run.after.lasting_keys.values()) - run.members
    lines.append(Line("keys of Valkey without an end", f"{lasting}; {run.members} members", grown <= 0))
    return lines


def growth_lines(run: Run) -> list[Line]:
    """Tell what grows with each order; fail for a table that is not meant to."""
    orders, hours = max(1, run.orders), run.load_ended_at / 3600
    lines, strays = [], []
    for name, rows in sorted(run.after.rows.items()):
        added = rows - run.before.rows.get(name, 0)
        size = run.after.bytes[name] - run.before.bytes.get(name, 0)
        if name.split(".")[1] in PRUNED or added <= STRAY_SHARE * orders:
            continue
        lines.append(Line(f"grows: {name}", f"{added / orders:.2f} rows, {size / orders:,.0f} bytes an order"))
        if name not in MEANT:
            strays.append(name)
    lines.append(Line("tables that grow without being meant to", ", ".join(strays) or "none", not strays))
    for name, size in sorted(run.after.streams.items()):
        added = size - run.before.streams.get(name, 0)
        lines.append(Line(f"stream {name}", f"{added / orders:,.0f} bytes an order"))
    for name, before, after in (
        ("logs", run.before.logs, run.after.logs),
        ("span files", run.before.spans, run.after.spans),
    ):
        added = after - before
        lines.append(Line(name, f"{added / hours / 2**20:.2f} MiB/h, {added / orders:,.0f} bytes an order"))
    for name, size in sorted(run.after.disk.items()):
        added = size - run.before.disk.get(name, 0)
        lines.append(Line(f"disk of {name}", f"{size / 2**20:.1f} MiB, {added / orders:+,.0f} bytes an order"))
    return lines


def conduct_lines(run: Run) -> list[Line]:
    """Say whether the run itself was in order: a leak that follows a crash is another matter."""
    failed = ", ".join(f"{count} {code}" for code, count in run.failed.items()) or "none"
    return [
        Line("orders, charges, ledger and stock agree", "; ".join(run.faults) or "to the won", not run.faults),
        Line("requests that failed", failed, not run.failed),
        Line("errors in the logs", "; ".join(run.errors[:3]) or "none", not run.errors),
        Line("restarts", str(run.restarts), run.restarts == 0),
    ]


def _early_and_late(run: Run, count: Callable[[Reading], int]) -> tuple[int, int]:
    """Return the most in the first third of the measured load, and what there is in the end."""
    third = run.measured[: max(1, len(run.measured) // 3)]
    return max(count(one) for one in third), count(run.readings[-1])


def _of_process(name: str, kind: str, one: Reading) -> int:
    return int(getattr(one.processes[name], kind))


def _of_server(name: str, one: Reading) -> int:
    return one.connections.get(name, 0)


def _middle(values: Sequence[int]) -> int:
    return sorted(values)[len(values) // 2]
