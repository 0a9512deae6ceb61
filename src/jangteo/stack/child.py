"""How a process of the mall is born: in a session of its own, with only the environment given, its output in its log.

Written with fork because the same steps turn a fork of the warmed-up interpreter (zygote.py) into a service, and
because a server may have to run as another user. The callers have no threads.
"""

import ctypes
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SET_DEATH_SIGNAL, _SET_NAME, _SET_CHILD_SUBREAPER = 1, 15, 36
_NAME_BYTES = 15
_CANNOT_RUN = 127
_prctl = ctypes.CDLL(None, use_errno=True).prctl


@dataclass(frozen=True)
class Birth:
    """Everything a new process is given."""

    environment: Mapping[str, str]
    folder: Path
    output: Path
    death_signal: int = signal.SIGTERM  # sent to it by the kernel when its supervisor dies, however that dies
    user: tuple[int, int] | None = None  # uid and gid; None: our own


def adopt_orphans() -> None:
    """Make this process the parent of every descendant whose own parent dies."""
    _prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def name_thread(name: str) -> None:
    """Set the short name that `ps` and `top` show."""
    _prctl(_SET_NAME, name.encode()[:_NAME_BYTES], 0, 0, 0)


def spawn(arguments: Sequence[str], birth: Birth, inherited: int | None = None) -> int:
    """Start a program and return its pid; the caller reaps it. Descriptor `inherited` is handed to it as its input.

    A program that cannot be started says why in its log and exits with 127.
    """
    supervisor = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        become(birth, supervisor, inherited)
        os.execve(arguments[0], list(arguments), dict(birth.environment))
    except BaseException as error:
        os.write(2, f"cannot start {arguments[0]}: {error}\n".encode())
    finally:
        os._exit(_CANNOT_RUN)


def become(birth: Birth, supervisor: int, stdin: int | None = None) -> None:
    """Turn this freshly forked process into what `birth` says. It dies at once if `supervisor` is gone already."""
    _reset_signals()
    if os.getsid(0) != os.getpid():
        os.setsid()
    _connect_output(birth.output, stdin)
    if birth.user is not None and os.geteuid() == 0:
        uid, gid = birth.user
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    os.chdir(birth.folder)
    # After the change of user, which clears it.
    _prctl(_SET_DEATH_SIGNAL, birth.death_signal, 0, 0, 0)
    if os.getppid() != supervisor:
        os._exit(_CANNOT_RUN)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _connect_output(output: Path, stdin: int | None) -> None:
    log = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY) if stdin is None else stdin
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
