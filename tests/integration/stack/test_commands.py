"""The command line, as a person at a terminal meets it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

from jangteo.stack.embedded import Servers
from jangteo.stack.home import Home
from jangteo.stack.mall import Mall
from jangteo.stack.procfs import identify
from jangteo.stack.remote import Remote

NewHome = Callable[[str], Path]


def jangteo(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jangteo.cli", *arguments],
        env=os.environ | {"JANGTEO_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_status_and_down_say_so_when_nothing_runs(throw_away: NewHome) -> None:
    home = throw_away("nothing")
    status, down = jangteo(home, "status"), jangteo(home, "down")
    assert (status.returncode, status.stdout) == (3, "the mall is down; `make up` starts it\n")
    assert (down.returncode, down.stdout) == (0, "nothing was running\n")


def test_interrupting_up_takes_back_what_it_started(throw_away: NewHome) -> None:
    home = throw_away("interrupted")
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen(
            [sys.executable, "-m", "jangteo.cli", "up"],
            env=os.environ | {"JANGTEO_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        ) as up:
            assert up.stdout is not None
            assert ": " in up.stdout.readline()
            supervisor = identify(Remote(Home(home)).status()["own"]["supervisor"])
            up.send_signal(number)
            rest = up.stdout.read()
        assert up.returncode == 130
        assert "interrupted: stopping what was started" in rest
        assert supervisor is not None
        assert not supervisor.alive()


def test_status_shows_every_process_and_down_ends_them(throw_away: NewHome) -> None:
    home = throw_away("shown")
    with Mall(home, servers=("valkey",), services=("sandbox-pay",), seed=False) as mall:
        mall.up()
        status = jangteo(home, "status")
        assert status.returncode == 0
        assert {line.split()[0] for line in status.stdout.splitlines()} >= {
            *("NAME", "valkey", "sandbox-pay", "supervisor", "zygote", "memory")
        }
        down = jangteo(home, "down")
        assert down.returncode == 0
        assert "sandbox-pay: stopped\n" in down.stdout
        assert jangteo(home, "status").returncode == 3
        for asked in (["demo"], ["audit", "verify"], ["keys", "status"]):
            done = jangteo(home, *asked)
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr == f"jangteo: the mall in {home} is down; `make up` starts it\n"


def test_logs_show_the_end_of_a_log_and_name_what_there_is(throw_away: NewHome) -> None:
    home = throw_away("logs")
    (home / "logs").mkdir()
    (home / "logs" / "order.log").write_text("".join(f"line {number}\n" for number in range(100)))
    assert jangteo(home, "logs", "order", "-n", "2").stdout == "line 98\nline 99\n"
    unknown = jangteo(home, "logs", "oder")
    assert unknown.returncode == 1
    assert unknown.stderr == "jangteo: no log called oder; there are: order\n"


def test_followed_logs_go_on_with_what_is_added(throw_away: NewHome) -> None:
    home = throw_away("follow")
    (home / "logs").mkdir()
    log = home / "logs" / "order.log"
    log.write_text("first\n")
    command = [sys.executable, "-m", "jangteo.cli", "logs", "order", "-f"]
    environment = os.environ | {"JANGTEO_HOME": str(home)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "first\n"
        with log.open("a") as more:
            more.write("second\n")
        assert following.stdout.readline() == "second\n"
        log.rename(log.with_name("order.log.1"))
        log.write_text("new\n")
        assert following.stdout.readline() == "new\n"
        following.send_signal(signal.SIGINT)
    assert following.returncode == 130


def test_a_service_alone_needs_no_more_than_its_environment(servers: Servers) -> None:
    environment = servers.environment("sandbox-pay")
    command = [sys.executable, "-m", "jangteo.cli", "serve", "sandbox-pay"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as service:
        url = f"http://127.0.0.1:{environment['JANGTEO_PORT']}/health/ready"
        assert json.loads(_get(url, service))
        service.terminate()
    assert service.returncode == 0


def _get(url: str, service: subprocess.Popen[bytes]) -> bytes:
    while service.poll() is None:
        try:
            with urllib.request.urlopen(url) as answer:
                body: bytes = answer.read()
                return body
        except URLError:
            time.sleep(0.05)
    raise AssertionError(f"it ended with {service.returncode}")
