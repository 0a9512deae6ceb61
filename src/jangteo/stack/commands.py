"""What `jangteo up`, `down` and `status` do in the foreground: everything else happens in the supervisor."""

import json
import signal
import sys
from types import FrameType

from jangteo.stack import seed
from jangteo.stack.home import Home, StackError
from jangteo.stack.plan import Plan
from jangteo.stack.procfs import children, proportional_memory, with_descendants
from jangteo.stack.remote import Remote
from jangteo.stack.table import megabytes, table

NOT_RUNNING = 3
_OWN = {"supervisor": "starts and restarts the others", "zygote": "what the services are forked from"}


def up(home: Home) -> int:
    """Start what is not up yet, wait until all is healthy, and say what is where. Ctrl-C takes back a first start."""
    if not sys.platform.startswith("linux"):
        raise StackError(f"the embedded stack runs on Linux only, not on {sys.platform}; see deploy/ for containers")
    remote = Remote(home)
    signal.signal(signal.SIGTERM, _interrupt)
    if remote.running():
        print("the mall is up already; starting what is missing")
        remote.follow({"do": "start"}, sys.stdout)
    else:
        try:
            remote.launch(Plan(usual_ports=True))
            remote.follow({"do": "watch"}, sys.stdout)
        except KeyboardInterrupt:
            print("interrupted: stopping what was started")
            remote.stop(sys.stdout)
            raise
    print()
    status(home)
    _say_what_next(home, remote)
    return 0


def down(home: Home) -> int:
    """Stop everything; nothing of the mall runs afterwards."""
    remote = Remote(home)
    was_running = remote.running()
    ended = remote.stop(sys.stdout)
    if ended:
        print(f"ended {len(ended)} processes that had outlived their supervisor")
    print("the mall is down" if was_running or ended else "nothing was running")
    return 0


def status(home: Home) -> int:
    """Print what runs, where, in what state; 0 when all is healthy, 1 when something is not, 3 when nothing runs."""
    remote = Remote(home)
    if not remote.running():
        print("the mall is down; `make up` starts it")
        return NOT_RUNNING
    found = remote.status()
    tree = children()
    rows, total = [], 0
    for unit in found["units"]:
        memory = proportional_memory(with_descendants(unit["pid"], tree)) if unit["pid"] else 0
        total += memory
        state = "healthy" if unit["healthy"] else unit["state"] if unit["state"] != "ready" else "not ready"
        restarts = f", {unit['restarts']} restarts" if unit["restarts"] else ""
        pid = str(unit["pid"] or "-")
        rows.append((unit["name"], unit["what"], unit["address"], state + restarts, pid, megabytes(memory)))
    for name, pid in found["own"].items():
        memory = proportional_memory([pid]) if pid else 0
        total += memory
        rows.append((name, _OWN[name], "-", "healthy", str(pid or "-"), megabytes(memory)))
    print(table(("NAME", "WHAT", "ADDRESS", "STATE", "PID", "MEMORY"), rows))
    print(f"memory of everything, shared pages counted once: {megabytes(total)}; logs: {home.logs}")
    return 0 if all(unit["healthy"] for unit in found["units"]) else 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say_what_next(home: Home, remote: Remote) -> None:
    accounts = seed.accounts(home)
    if accounts:
        print("\ndemo accounts:")
        columns = list(accounts[0])
        print(
            table([name.upper() for name in columns], [[str(one.get(key, "")) for key in columns] for one in accounts])
        )
        print("(no second factor is asked of them here: JANGTEO_STAFF_MFA is optional on a local mall, else required)")
    addresses = {unit["name"]: unit["address"] for unit in remote.status()["units"]}
    ports = json.loads((home.root / "ports.json").read_text())
    print(f"\nthe mall: http://127.0.0.1:{ports['gateway.http']} and https://127.0.0.1:{ports['gateway.https']}")
    print("try next:")
    print(f"  http://127.0.0.1:{ports['gateway.http']}               the shop, and /office for its staff")
    print(f"  curl http://127.0.0.1:{ports['gateway.http']}/health   how everything is")
    print(f"  http://127.0.0.1:{ports['gateway.http']}/docs          the API of all services")
    print(f"  {addresses['mailbox']}               the mails that were sent")
    print("  make demo                            a purchase, step by step")
    print("  .venv/bin/jangteo logs order -f      what a service says")
    print("  make down                            stop everything")
