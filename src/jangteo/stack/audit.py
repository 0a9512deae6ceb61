"""`jangteo audit`: proves the audit trails of all services against their witness, and prints the monthly review."""

import asyncio
import csv
import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from jangteo.stack.environment import AUDITED, environment
from jangteo.stack.home import Home, StackError
from jangteo.stack.local import local_site
from jangteo.stack.plan import Plan
from jangteo.stack.remote import require_running

# Who is told the heads of whose trail: nobody witnesses for themselves.
WITNESS, WITNESS_OF_THE_WITNESS = "notification", "operations"
KOREA = timezone(timedelta(hours=9))  # without summer time since 1988
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_HEADINGS = (
    *("time (KST)", "service", "number", "who", "permissions", "from", "action", "on", "whose data", "why", "details"),
    "digest",
)


class Trail(NamedTuple):
    """Where one service's audit trail is, and by which keys it is read."""

    service: str
    url: str
    key: str
    witness_url: str


def verify(home: Home, tenant: str | None) -> int:
    """Print what was proved of each chain; return 1 where an entry was changed, removed or inserted by hand.

    The environment may name the databases as JANGTEO_<SERVICE>_DATABASE_URL and …_AUDIT_KEY; else the local mall is
    meant. Raises StackError.
    """
    from jangteo.kit.errors import JangteoError
    from jangteo.stack.audit_trails import check

    try:
        checked = asyncio.run(check(_trails(home), tenant))
    except JangteoError as error:
        _require_running(home)
        raise StackError(f"the audit trails cannot be read: {error}") from error
    for one in checked:
        print(f"{one.service:<10} {one.tenant:<16} {one.verdict}")
        for fault in one.faults:
            print(f"{one.service:<10} {one.tenant:<16}   BROKEN at entry {fault.number}: {fault.what}")
    broken = [one for one in checked if one.faults]
    print(f"{len(checked)} chains, {len(broken)} broken" if checked else "there are no entries")
    return 1 if broken else 0


def report(home: Home, month: str, tenant: str) -> int:
    """Print the entries of a month (of Korean time) as CSV, ready for a spreadsheet. Raises StackError."""
    from jangteo.kit.errors import JangteoError
    from jangteo.stack.audit_trails import read_month

    match = _MONTH.fullmatch(month)
    if match is None:
        raise StackError(f"{month!r} is no month; write it as 2026-11")
    year, number = int(match[1]), int(match[2])
    first = datetime(year, number, 1, tzinfo=KOREA)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=KOREA)
    try:
        found = asyncio.run(read_month(_trails(home), tenant, first, after))
    except JangteoError as error:
        _require_running(home)
        raise StackError(f"the audit trails cannot be read: {error}") from error
    sys.stdout.write("\ufeff")  # or a spreadsheet takes the Korean for something else
    writer = csv.writer(sys.stdout)
    writer.writerow(_HEADINGS)
    writer.writerows([harmless(cell) for cell in line] for line in found)
    return 0


def harmless(cell: Any) -> str:
    """Return `cell` as text that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    text = str(cell)
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _require_running(home: Home) -> None:
    if "JANGTEO_USER_DATABASE_URL" not in os.environ:
        require_running(home)


def _trails(home: Home) -> list[Trail]:
    given = dict(_environments(home, AUDITED))
    return [
        Trail(
            service,
            told["JANGTEO_DATABASE_URL"],
            told["JANGTEO_AUDIT_KEY"],
            given[WITNESS_OF_THE_WITNESS if service == WITNESS else WITNESS]["JANGTEO_DATABASE_URL"],
        )
        for service, told in given.items()
    ]


def _environments(home: Home, services: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, str]]]:
    if "JANGTEO_USER_DATABASE_URL" in os.environ:
        for service in services:
            yield service, _told(service)
        return
    site = local_site(home)
    for service in services:
        yield service, environment(service, site) | dict(Plan.read(home).overrides.get(service, {}))


def _told(service: str) -> dict[str, str]:
    told = {}
    for name in ("DATABASE_URL", "AUDIT_KEY"):
        variable = f"JANGTEO_{service.upper()}_{name}"
        if variable not in os.environ:
            raise StackError(f"{variable} is not set")
        told[f"JANGTEO_{name}"] = os.environ[variable]
    return told
