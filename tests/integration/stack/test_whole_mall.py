"""`jangteo up` and `down` on everything there is: what a newcomer does first."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jangteo.stack.environment import DATABASES, SERVICES
from jangteo.stack.home import Home
from jangteo.stack.local import local_site
from jangteo.stack.plan import SERVERS
from jangteo.stack.procfs import identify
from jangteo.stack.remote import Remote

EVERYTHING = {*SERVERS, *(service.name for service in SERVICES)}


def jangteo(home: Home, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "jangteo.cli", *arguments],
        env=os.environ | {"JANGTEO_HOME": str(home.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def home(throw_away: Callable[[str], Path]) -> Iterator[Home]:
    home = Home(throw_away("whole"))
    yield home
    Remote(home).stop()
    home.discard()


@pytest.fixture(scope="module")
def first(home: Home) -> str:
    return jangteo(home, "up")


def test_up_makes_and_starts_everything_and_says_where_it_is(home: Home, first: str) -> None:
    for name in EVERYTHING:
        assert re.search(rf"^{name} .* healthy +\d+ +\d+ MB$", first, re.MULTILINE), name
    assert f"postgres: made databases for {', '.join(DATABASES)}\n" in first
    site = local_site(home)
    assert f"the mall: {site.url('gateway.http')} and {site.url('gateway.https', 'https')}\n" in first
    assert "(port 8080 was taken when this address was chosen" in first or site.ports["gateway.http"] == 8080
    assert "owner@jangteo.test" in first
    with urllib.request.urlopen(site.url("gateway.http") + "/health") as answer:
        assert answer.status == 200


def test_the_whole_mall_needs_less_than_a_gigabyte_and_a_half(home: Home, first: str) -> None:
    total = re.search(r"^memory of everything, .*: (\d+) MB;", jangteo(home, "status"), re.MULTILINE)
    assert total is not None
    assert int(total[1]) < 1500


def test_a_second_up_starts_what_is_missing_and_nothing_else(home: Home, first: str) -> None:
    remote = Remote(home)
    remote.follow({"do": "stop-one", "name": "cart"}, None)
    before = {unit["name"]: unit["pid"] for unit in remote.status()["units"]}
    assert jangteo(home, "up").startswith("the mall is up already; starting what is missing\ncart: ready\n")
    after = {unit["name"]: unit["pid"] for unit in remote.status()["units"]}
    assert {name for name in EVERYTHING if before[name] != after[name]} == {"cart"}


def test_down_leaves_nothing_and_a_warm_up_makes_nothing_anew(home: Home, first: str) -> None:
    status = Remote(home).status()
    pids = [unit["pid"] for unit in status["units"]] + list(status["own"].values())
    processes = [one for pid in pids if (one := identify(pid))]
    assert len(processes) == len(EVERYTHING) + 2
    assert jangteo(home, "down").endswith("the mall is down\n")
    assert [one for one in processes if one.alive()] == []
    ports = json.loads((home.root / "ports.json").read_text())
    again = jangteo(home, "up")
    for work in ("making the server's data folder", "made databases", "migrating", "filling"):
        assert work not in again
    assert json.loads((home.root / "ports.json").read_text()) == ports
