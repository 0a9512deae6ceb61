"""What the stack finds out by itself: newest migrations, who is who among processes, what a plan said."""

import os
import subprocess
import sys
from pathlib import Path

from jangteo.stack.databases import heads
from jangteo.stack.home import Home
from jangteo.stack.plan import Plan
from jangteo.stack.procfs import Identity, children, identify, proportional_memory, session_members, with_descendants
from jangteo.stack.runner import pause_before_restart

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def test_the_head_is_the_revision_that_none_follows(tmp_path: Path) -> None:
    assert heads(tmp_path) == set()
    (tmp_path / "1.py").write_text('revision = "0001"\ndown_revision = None\n')
    assert heads(tmp_path) == {"0001"}
    (tmp_path / "2.py").write_text("revision: str = '0002'\ndown_revision: str | None = '0001'\n")
    (tmp_path / "3.py").write_text('revision = "0003"\ndown_revision = "0002"\ndepends_on = "0001"\n')
    assert heads(tmp_path) == {"0003"}
    (tmp_path / "4.py").write_text('revision = "0004"\ndown_revision = ("0003", "0002")\n')
    assert heads(tmp_path) == {"0004"}


def test_a_process_is_not_mistaken_for_a_later_one_with_its_pid() -> None:
    mine = identify(os.getpid())
    assert mine is not None
    assert mine.alive()
    assert not Identity(mine.pid, mine.started - 1).alive()


def test_a_dead_process_is_not_alive_even_before_it_is_reaped() -> None:
    with subprocess.Popen(SLEEP) as process:
        one = identify(process.pid)
        assert one is not None
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert not one.alive()
        assert identify(process.pid) is None


def test_descendants_sessions_and_memory_are_found() -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as process:
        assert process.pid in with_descendants(os.getpid(), children())
        assert session_members([process.pid]) == [process.pid]
        assert proportional_memory([process.pid]) > 0
        process.kill()


def test_memory_of_a_process_that_is_gone_is_nothing() -> None:
    with subprocess.Popen(SLEEP) as process:
        process.kill()
    assert proportional_memory([process.pid]) == 0


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    plan = Plan(servers=("nats",), services=("cart",), overrides={"cart": {"A": "b"}}, fsync=False, attached=True)
    home = Home(tmp_path)
    home.prepare()
    assert Plan.read(home) == Plan()
    plan.write(home)
    assert Plan.read(home) == plan


def test_pauses_before_restarts_grow_to_ten_seconds_and_begin_anew_after_half_a_minute_of_health() -> None:
    pause, pauses = 0.0, []
    for _ in range(8):
        pause = pause_before_restart(pause, None)
        pauses.append(pause)
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]
    assert pause_before_restart(10.0, 29.9) == 10.0
    assert pause_before_restart(10.0, 30.0) == 0.2


def test_help_needs_nothing_heavy() -> None:
    script = (
        "import sys; from jangteo.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'asyncio', 'litestar', 'msgspec', 'asyncpg', 'cryptography'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
