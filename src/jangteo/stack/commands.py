"""What `jangteo up`, `down` and `status` do in the foreground: everything else happens in the supervisor."""

import signal
import sys
from pathlib import Path
from types import FrameType

from jangteo.stack import seed
from jangteo.stack.environment import PREFERRED_PORTS
from jangteo.stack.home import Home, StackError, project_root
from jangteo.stack.plan import Plan
from jangteo.stack.ports import HOST, Ports
from jangteo.stack.procfs import children, proportional_memory, with_descendants
from jangteo.stack.remote import Remote
from jangteo.stack.table import megabytes, table

NOT_RUNNING = 3
_ANOTHER_PORT = """\
(port {usual} was taken when this address was chosen; it stays as it is. To choose again once {usual} is free:
 make down, remove {file}, make up)"""
_OWN = {"supervisor": "starts and restarts the others", "zygote": "what the services are forked from"}


def up(home: Home) -> int:
    """Start what is not up yet, wait until all is healthy, and say what is where. Ctrl-C takes back a first start."""
    if not sys.platform.startswith("linux"):
        raise StackError(f"the embedded stack runs on Linux only, not on {sys.platform}")
    remote = Remote(home)
    signal.signal(signal.SIGTERM, _interrupt)
    if remote.running():
        print("the mall is up already; starting what is missing")
        remote.follow({"do": "start"}, sys.stdout)
    else:
        home.prepare()
        home.require_room()
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
    ports = Ports(home.root / "ports.json").known()
    shop, mailbox = f"http://{HOST}:{ports['gateway.http']}", addresses["mailbox"]
    print(f"\nthe mall: {shop} and https://{HOST}:{ports['gateway.https']}")
    if ports["gateway.http"] != PREFERRED_PORTS["gateway.http"]:
        print(_ANOTHER_PORT.format(usual=PREFERRED_PORTS["gateway.http"], file=home.root / "ports.json"))
    here = Path(sys.argv[0]).parent
    make = "make" if Path.cwd() == project_root() else f"make -C {project_root()}"
    tips = (
        (shop, "the shop, and /office for its staff"),
        (shop.replace(HOST, "other.localhost"), "a second shop on the same servers"),
        (f"curl {shop}/health", "how everything is"),
        (f"{shop}/docs", "the API of all services"),
        (mailbox, "the mails that were sent"),
        (f"{make} demo", "a purchase, step by step"),
        (f"{_shortest(here)}/jangteo logs order -f", "what a service says of what is out of the ordinary"),
        (f"{make} down", "stop everything"),
    )
    width = max(len(what) for what, _ in tips)
    print("try next:")
    for what, why in tips:
        print(f"  {what.ljust(width)}  {why}")


def _shortest(folder: Path) -> Path:
    return folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
