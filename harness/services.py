"""The system without a run: up, down, and how it stands; and healing after a run that died."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from harness.clock import Clock
from harness.errors import RefusedError, after_start
from harness.heal import HealReport, heal
from harness.order import refuse_taken_ports
from harness.safety.lock import holder
from harness.safety.state import State, lock_path
from harness.safety.undo import leftover, refuse_leftover
from harness.stopping import Stopped
from harness.store import RunFolder
from harness.system import read_system
from harness.targets.local.target import LocalTarget, Supervisor
from harness.timeline import FileTimeline, NoTimeline

FOLDER: Final = "services"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One instance or edge as it stands now."""

    name: str
    state: str
    address: str
    pid: int | None = None
    requests: int | None = None


def bring_up(system_path: Path, state: State) -> tuple[Part, ...]:
    """Start the system and leave it running under a supervisor that holds the machine's lock.

    Raises RefusedError (machine taken, leftover, port taken) or ConfigError with nothing started;
    later TargetError or RunFailedError, with nothing left running.
    """
    refuse_leftover(state.undo)
    who = holder(lock_path())
    if who is not None:
        raise RefusedError(f"`{who.what}` is on (pid {who.pid}, since {who.since}); stop it first")
    refuse_taken_ports(read_system(system_path))
    folder = RunFolder(state.root / FOLDER)
    shutil.rmtree(folder.root, ignore_errors=True)
    state.timeline.unlink(missing_ok=True)
    options = ("--lock", "--timeline", str(state.timeline))
    with after_start():
        Supervisor.start(system_path, folder, state, options)
        return look(state)


def take_down(state: State) -> tuple[Part, ...]:
    """Stop the system that `bring_up` started. Raises RefusedError if there is none."""
    who = holder(lock_path())
    if who is None or "services" not in who.what:
        seen = "nothing runs" if who is None else f"`{who.what}` runs (pid {who.pid})"
        raise RefusedError(f"{seen}, no `squall services up` of yours")
    stopped = look(state)
    LocalTarget(state.target_socket).shutdown()
    heal(state, None, NoTimeline())  # strikes the supervisor off the undo log
    return tuple(msgspec.structs.replace(part, state="stopped") for part in stopped)


@contextmanager
def told_when_stopped(state: State) -> Iterator[None]:
    """A stop within this block says what the undo log knows: all undone, or what is left."""
    try:
        yield
    except Stopped as stop:
        why = leftover(state.undo)
        stop.left = f"; {why}; run `squall heal`" if why else "; the run left nothing behind"
        raise


def look(state: State) -> tuple[Part, ...]:
    """Instances and edges now. Raises RefusedError where no system is up."""
    target = LocalTarget(state.target_socket)
    if not state.target_socket.exists():
        raise RefusedError("no system is up; start one with `squall services up`")
    instances = [
        Part(name=i.name, state=i.state, address=i.address, pid=i.pid) for i in target.instances()
    ]
    edges = [
        Part(
            name=e.name,
            state=", ".join(f.name for f in e.faults) or "clear",
            address=e.address,
            requests=e.requests,
        )
        for e in target.edges()
    ]
    return (*instances, *edges)


def heal_now(state: State, clock: Clock) -> HealReport:
    """Undo what a dead run left; a system held by `services up` is kept, an orphan is ended.

    Raises RefusedError while a run is on: it undoes by itself.
    """
    who = holder(lock_path())
    if who is not None and "services" not in who.what:
        raise RefusedError(f"`{who.what}` is on (pid {who.pid}); stop it, it undoes by itself")
    target = None if who is None else LocalTarget(state.target_socket)
    timeline = FileTimeline(state.timeline, clock)
    try:
        return heal(state, target, timeline, clock)
    finally:
        timeline.close()
