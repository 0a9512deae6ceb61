"""The supervisor keeps a mall up, says clearly what it cannot start, and leaves nothing behind when it goes."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jangteo.stack.embedded import Servers
from jangteo.stack.home import Home, StackError
from jangteo.stack.mall import Mall
from jangteo.stack.plan import Plan
from jangteo.stack.procfs import Identity, identify
from jangteo.stack.remote import Remote

NewHome = Callable[[str], Path]
SMALL = {"servers": ("valkey",), "services": ("sandbox-pay",), "seed": False}


def everyone(mall: Mall) -> dict[str, Identity]:
    status = mall.status()
    pids = {unit["name"]: unit["pid"] for unit in status["units"]} | status["own"]
    return {name: one for name, pid in pids.items() if pid and (one := identify(pid))}


def wait_gone(processes: list[Identity]) -> None:
    while any(one.alive() for one in processes):
        time.sleep(0.02)


@pytest.fixture(scope="module")
def small(throw_away: NewHome) -> Iterator[Mall]:
    with Mall(throw_away("small") / "with blank", **SMALL) as mall:  # type: ignore[arg-type]
        yield mall.up()


def test_what_is_killed_comes_back_on_the_same_port(small: Mall) -> None:
    before = small.status()["units"]
    for unit in before:
        small.kill(unit["name"])
    small.wait_healthy()
    after = {unit["name"]: unit for unit in small.status()["units"]}
    for unit in before:
        assert after[unit["name"]]["pid"] != unit["pid"]
        assert after[unit["name"]]["address"] == unit["address"]
        assert after[unit["name"]]["healthy"]
        assert after[unit["name"]]["restarts"] == unit["restarts"] + 1


def test_a_service_stopped_on_purpose_stays_stopped_until_it_is_started(small: Mall) -> None:
    small.stop("sandbox-pay")
    assert small.pid("sandbox-pay") is None
    small.start("sandbox-pay")
    assert small.pid("sandbox-pay") is not None


def test_a_service_is_a_process_with_its_own_session_name_environment_and_log(small: Mall) -> None:
    pid = small.pid("sandbox-pay")
    assert pid is not None
    assert os.getsid(pid) == pid
    assert Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0") == "jangteo serve sandbox-pay"
    assert Path(f"/proc/{pid}/comm").read_text().strip() == "sandbox-pay"
    assert os.readlink(f"/proc/{pid}/fd/1") == str(small.home.log("sandbox-pay"))
    assert os.readlink(f"/proc/{pid}/fd/0") == os.devnull


def test_a_service_outlives_a_caller_who_hangs_up_while_it_answers(small: Mall) -> None:
    before = identify(small.pid("sandbox-pay") or 0)
    assert before is not None
    # What the kernel sends to who writes to a connection that the other side has closed.
    os.kill(before.pid, signal.SIGPIPE)
    port = next(unit["address"] for unit in small.status()["units"] if unit["name"] == "sandbox-pay").rpartition(":")[2]
    with urllib.request.urlopen(f"http://127.0.0.1:{port.rstrip('/')}/health/live", timeout=30) as answer:
        assert answer.status == 200
    assert before.alive()


def test_a_killed_zygote_is_replaced_when_it_is_needed(small: Mall) -> None:
    zygote = small.status()["own"]["zygote"]
    os.kill(zygote, signal.SIGKILL)
    small.kill("sandbox-pay")
    small.wait_healthy()
    assert small.status()["own"]["zygote"] != zygote


def test_nothing_is_left_after_down(throw_away: NewHome) -> None:
    with Mall(throw_away("gone"), **SMALL) as mall:  # type: ignore[arg-type]
        processes = list(everyone(mall.up()).values())
        assert len(processes) == 4
    assert [one for one in processes if one.alive()] == []


def test_nothing_outlives_a_killed_supervisor_for_long(throw_away: NewHome) -> None:
    with Mall(throw_away("orphans"), servers=("postgres", "nats"), services=("sandbox-pay",), seed=False) as mall:
        processes = everyone(mall.up())
        os.kill(processes["supervisor"].pid, signal.SIGKILL)
        wait_gone(list(processes.values()))


def test_what_did_outlive_a_killed_supervisor_is_ended_by_down_and_by_up(throw_away: NewHome) -> None:
    home = throw_away("stubborn")
    for end in (Mall.down, Mall.up):
        mall = Mall(home, keep=True, **SMALL)  # type: ignore[arg-type]
        processes = everyone(mall.up())
        stubborn = processes["sandbox-pay"]
        os.kill(stubborn.pid, signal.SIGSTOP)  # so that it cannot follow the signal that its parent's death sends
        os.kill(processes["supervisor"].pid, signal.SIGKILL)
        wait_gone([processes["supervisor"], processes["valkey"]])
        assert stubborn.alive()
        end(mall)
        assert not stubborn.alive()
        mall.down()


def test_down_ends_even_a_supervisor_that_does_not_answer(throw_away: NewHome) -> None:
    with Mall(throw_away("deaf"), **SMALL) as mall:  # type: ignore[arg-type]
        processes = everyone(mall.up())
        os.kill(processes["supervisor"].pid, signal.SIGSTOP)
        remote = Remote(mall.home)
        remote.patience_seconds = 0.2
        remote.stop()
        assert [name for name, one in processes.items() if one.alive()] == []


def test_a_mall_stops_when_the_process_that_wanted_it_is_killed(throw_away: NewHome) -> None:
    home = throw_away("wanted")
    script = (
        "import sys, time; from pathlib import Path; from jangteo.stack.embedded import Servers\n"
        "servers = Servers(Path(sys.argv[1])).start('valkey')\n"
        "print(servers.pid('valkey'), flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE) as wanting:
        assert wanting.stdout is not None
        valkey = identify(int(wanting.stdout.readline()))
        assert valkey is not None
        wanting.kill()
    wait_gone([valkey])


def test_ports_taken_by_others_are_avoided_and_the_rest_stay(throw_away: NewHome) -> None:
    home = throw_away("ports")
    with Servers(home, fsync=False, keep=True).start("valkey") as servers:
        first = dict(servers.site.ports)
    with socket.create_server(("127.0.0.1", first["valkey"])), Servers(home, fsync=False).start("valkey") as servers:
        second = dict(servers.site.ports)
    assert second["valkey"] != first["valkey"]
    assert {name: port for name, port in second.items() if name != "valkey"} == {
        name: port for name, port in first.items() if name != "valkey"
    }


def test_a_service_that_cannot_start_is_told_with_the_end_of_its_log(throw_away: NewHome) -> None:
    overrides = {"sandbox-pay": {"JANGTEO_TRACE_RATIO": "often"}}
    with Mall(throw_away("broken"), overrides=overrides, **SMALL) as mall:  # type: ignore[arg-type]
        with pytest.raises(StackError, match=r"sandbox-pay died 3 times while starting(.|\n)*JANGTEO_TRACE_RATIO"):
            mall.up()
        states = {unit["name"]: unit["state"] for unit in mall.status()["units"]}
    assert states["valkey"] == "ready"


def test_a_server_that_cannot_start_leaves_nothing_running(throw_away: NewHome) -> None:
    home = throw_away("unwritable")
    (home / "data").mkdir()
    (home / "data" / "valkey").mkdir()
    (home / "data" / "valkey" / "appendonlydir").write_text("in the way")
    servers = Servers(home)
    with pytest.raises(StackError, match="valkey died 3 times"):
        servers.start("valkey", "nats")
    remote = Remote(Home(home))
    while remote.running():
        time.sleep(0.02)
    servers.stop()


def test_without_the_zygote_a_service_is_the_same(throw_away: NewHome) -> None:
    remote = Remote(Home(throw_away("plain")))
    remote.launch(Plan(servers=(), services=("sandbox-pay",), seed=False, zygote=False, attached=True))
    try:
        remote.follow({"do": "watch"}, None)
        unit = remote.status()["units"][0]
        with urllib.request.urlopen(unit["address"] + "/health/live") as answer:
            assert answer.status == 200
        assert _arguments(unit["pid"])[-4:] == ["-m", "jangteo.cli", "serve", "sandbox-pay"]
    finally:
        remote.stop()


def _arguments(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").split("\0")


def test_what_hangs_is_replaced_and_what_only_stands_still_is_not(small: Mall) -> None:
    before = everyone(small)
    for name in ("sandbox-pay", "valkey"):
        os.kill(before[name].pid, signal.SIGSTOP)
    time.sleep(3)
    os.kill(before["valkey"].pid, signal.SIGCONT)
    while small.pid("sandbox-pay") == before["sandbox-pay"].pid:
        time.sleep(0.1)
    small.wait_healthy()
    assert small.pid("valkey") == before["valkey"].pid
