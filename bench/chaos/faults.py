"""What can go wrong: each kind of fault, what it strikes, for how long, drawn from the dice before the run begins."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from bench.chaos import disk, outbox
from bench.chaos.wires import Wire
from bench.chaos.world import MOVABLE, World, routes

TWINS = ("order'", "payment'", "product'", "shipping'")
SERVICES = ("user", "product", "cart", "order", "payment", "shipping", "notification", "gateway")
SANDBOXES = ("sandbox-pay", "sandbox-carrier", "mailbox")
SERVERS = ("postgres", "nats", "valkey", "documents")
ALL = (*SERVICES, *SANDBOXES, *SERVERS, "envoy")
LINES = ("postgres", "nats", "valkey", "pay", "carrier")
MINUTE, HOUR = 60, 3600
_GONE_SECONDS, _HUNG_SECONDS = 20.0, 60.0
# Longer than the broker waits for an answer and the registry for a sign of life; shorter than the supervisor does.
_STALL = (16.0, 19.0)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong. `strike` returns, with a word more where there is one, when it is over."""

    kind: str
    target: str
    seconds: float  # that it lasts; 0 where it is a matter of a moment
    strike: Callable[[World], Awaitable[str]]
    note: str = ""


def kill(dice: random.Random, pace: float) -> Fault:
    """Kill a process as a crash does."""
    target = dice.choice((*ALL, *TWINS))
    return Fault("kill", target, 0, lambda world: _end(world, target, signal.SIGKILL))


def restart(dice: random.Random, pace: float) -> Fault:
    """End a process as an operator does: gracefully; PostgreSQL fast, or at once without tidying up."""
    target, number = dice.choice(
        [(name, signal.SIGTERM) for name in (*SERVICES, *SANDBOXES, "nats", "nats", "valkey", "documents", *TWINS)]
        + [("postgres", signal.SIGINT), ("postgres", signal.SIGQUIT)] * 2
    )
    note = {signal.SIGINT: "fast", signal.SIGQUIT: "immediate"}.get(number, "")
    return Fault("restart", target, 0, lambda world: _end(world, target, number), note)


def pause(dice: random.Random, pace: float) -> Fault:
    """Stop a process for a while, then let it go on as if nothing had been."""
    target, seconds = dice.choice((*ALL, *TWINS)), dice.uniform(1, 8) * pace
    return Fault("pause", target, seconds, lambda world: _pause(world, target, seconds))


def stall(dice: random.Random, pace: float) -> Fault:
    """Stop one of two processes of a service for so long that the broker hands its messages to the other."""
    target, seconds = dice.choice(("order", "payment", "product", "shipping", *TWINS)), dice.uniform(*_STALL)
    return Fault("stall", target, seconds, lambda world: _pause(world, target, seconds))


def hang(dice: random.Random, pace: float) -> Fault:
    """Stop a process for good: it is there, it holds its ports, it never answers again."""
    target = dice.choice(ALL)
    return Fault("hang", target, 0, lambda world: _hang(world, target))


def slow(dice: random.Random, pace: float) -> Fault:
    """Let everything to or from a server take longer, each way."""
    delay, seconds = dice.uniform(0.05, 0.3), dice.uniform(3, 8) * pace

    def spoil(wire: Wire) -> None:
        wire.weather.delay = delay

    return _network("slow", dice, seconds, spoil, f"+{delay * 1000:.0f} ms each way")


def cut(dice: random.Random, pace: float) -> Fault:
    """Break connections in the middle of an answer."""
    chance, seconds = dice.uniform(0.02, 0.2), dice.uniform(2, 6) * pace

    def spoil(wire: Wire) -> None:
        wire.weather.cut = chance

    return _network("cut", dice, seconds, spoil, f"{chance:.0%} of answers")


def dark(dice: random.Random, pace: float) -> Fault:
    """Let nothing through, and say nothing; then all of it, late."""
    seconds = dice.uniform(2, 8) * pace

    def spoil(wire: Wire) -> None:
        wire.weather.dark = True

    return _network("dark", dice, seconds, spoil)


def clock(dice: random.Random, pace: float) -> Fault:
    """Move a service's clock, ahead or back, by minutes or hours; later it is right again."""
    target, seconds = dice.choice(MOVABLE), dice.uniform(3, 8) * pace
    jump = dice.choice((-1, 1)) * dice.choice((dice.uniform(1, 20) * MINUTE, dice.uniform(1, 5) * HOUR))

    async def strike(world: World) -> str:
        world.move_clock(target, jump)
        try:
            await asyncio.sleep(seconds)
        finally:
            world.move_clock(target, 0)
        return ""

    return Fault("clock", target, seconds, strike, f"{jump / MINUTE:+.0f} min")


def slow_disk(dice: random.Random, pace: float) -> Fault:
    """Let every flush of PostgreSQL wait, while something else writes and flushes on the same disk."""
    seconds, delay = dice.uniform(3, 8) * pace, dice.uniform(0.02, 0.1)
    return Fault(
        "disk", "postgres", seconds, lambda world: disk.slow(world, seconds, delay), f"+{delay * 1000:.0f} ms a flush"
    )


def full_outbox(dice: random.Random, pace: float) -> Fault:
    """Keep the broker down while buyers go on, then let it come back."""
    seconds = dice.uniform(10, 20) * pace
    return Fault("outbox", "nats", seconds, lambda world: outbox.fill(world, seconds))


Kind = Callable[[random.Random, float], Fault]
QUICK: tuple[Kind, ...] = (kill, pause, slow, cut, dark, restart, clock, slow_disk)
LONG: tuple[Kind, ...] = (full_outbox, stall, hang)
# Of these, two may happen at once.
TOGETHER: tuple[Kind, ...] = (kill, pause, slow, cut, dark, restart, clock)


def _network(kind: str, dice: random.Random, seconds: float, spoil: Callable[[Wire], None], note: str = "") -> Fault:
    """Spoil one wire to a server, or all of them."""
    server = dice.choice(LINES)
    everybody = f"all>{server}"
    target = dice.choice([everybody, *(f"{name}>{server}" for name, other in routes() if other == server)])

    async def strike(world: World) -> str:
        wires = world.network.to(server) if target == everybody else [world.network.wires[target]]
        for wire in wires:
            wire.weather.passed = 0
            spoil(wire)
        try:
            await asyncio.sleep(seconds)
        finally:
            for wire in wires:
                wire.clear()
        return f"{sum(wire.weather.passed for wire in wires)} chunks"

    return Fault(kind, target, seconds, strike, note)


async def _end(world: World, target: str, number: signal.Signals) -> str:
    pids = world.pids(target)[:1]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    if not pids:
        return "was down already"
    deadline = time.monotonic() + _GONE_SECONDS
    while _runs(world, target, pids[0]) and time.monotonic() < deadline:  # noqa: ASYNC110  (a process of somebody else)
        await asyncio.sleep(0.02)
    world.revive_twins()
    return ""


async def _pause(world: World, target: str, seconds: float) -> str:
    pids = world.pids(target)
    _send(pids, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        _send(pids, signal.SIGCONT)
    return "" if pids else "was down already"


async def _hang(world: World, target: str) -> str:
    pids = world.pids(target)
    if not pids:
        return "was down already"
    _send(pids, signal.SIGSTOP)
    began = time.monotonic()
    while _runs(world, target, pids[0]):
        if time.monotonic() - began > _HUNG_SECONDS:
            _send(pids, signal.SIGCONT)
            raise AssertionError(f"{target} hung for {_HUNG_SECONDS:.0f} s and nobody replaced it")
        await asyncio.sleep(0.1)
    return f"found out after {time.monotonic() - began:.0f} s"


def _runs(world: World, target: str, pid: int) -> bool:
    if target.endswith("'"):
        return world.twins[target].poll() is None
    return pid in world.pids(target)


def _send(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
