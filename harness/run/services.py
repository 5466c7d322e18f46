"""The system without a run: up, down and its state; and healing after a run that died."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from harness.clock import Clock
from harness.errors import ConfigError, HarnessError, RefusedError, TargetError, after_start
from harness.run.guard import Ending, prove
from harness.run.heal import HealReport, heal
from harness.run.opening import bring_up_target, preflight
from harness.run.order import refuse_unready
from harness.run.signals import Stopped, held, interruptible
from harness.safety.identity import process_state
from harness.safety.lock import Holder, MachineLock, holder
from harness.safety.mark import bearing, mark_of, new_mark, state_prefix
from harness.safety.state import State, lock_path
from harness.safety.undo import UndoLog, leftover, refuse_leftover
from harness.store import RunFolder
from harness.system import System, SystemFiles
from harness.targets.base import EdgeFaults, Instances, Lifecycle, Persists, Target, UpPlan, able
from harness.targets.registry import note_target, target_type, target_up
from harness.timeline import FileTimeline, NoTimeline

FOLDER: Final = "services"
ANSWER_LIMIT_S: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted:
    """A system that is about to be started: its folder, its mark, and the undo record of both."""

    folder: RunFolder
    mark: str
    record: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The present state of one instance or edge."""

    name: str
    state: str
    address: str
    identity: str = ""
    requests: int | None = None


def bring_up(files: SystemFiles, state: State) -> tuple[Part, ...]:
    """Start the system and leave it running.

    One that is up already stays as it is. A supervisor that holds the machine's lock keeps it,
    unless its target needs none.
    Until this returns the supervisor dies with this process. Raises RefusedError (machine taken,
    leftover, port taken) or ConfigError with nothing started, later TargetError, RunFailedError
    and Stopped; Stopped says what was proven at the end.
    """
    system, ending = files.read(), Ending()
    if (who := holder(lock_path())) is not None and _is_held_system(who, state):
        return look(state)  # it is up already
    try:
        with held():
            noted = _noted(system, state)
            try:
                with after_start():
                    parts = _brought_up(files, system, noted, state)
            except BaseException:  # a stop as well: nothing may be left, and that is proven
                prove(state, NoTimeline(), ending)
                raise
            if _persists(state):
                _end_record(noted, state)
            return parts
    except Stopped as stop:
        stop.left, stop.clean = f"; {ending.outcome}", ending.clean
        raise
    except HarnessError as error:
        raise ending.with_outcome(error) from error


def _noted(system: System, state: State) -> _Noted:
    """The system's folder, emptied, and its mark, noted before anything is started."""
    folder, mark = RunFolder(state.root / FOLDER), new_mark(state.root)
    with MachineLock.take(lock_path()):
        refuse_leftover(state.undo)
        refuse_unready(preflight(system.target, system, state.root))
        shutil.rmtree(folder.root, ignore_errors=True)
        state.timeline.unlink(missing_ok=True)
        record = UndoLog(state.undo).run_begins(folder.root, mark)
    return _Noted(folder=folder, mark=mark, record=record)


def _end_record(noted: _Noted, state: State) -> None:
    """No process of this machine is left that could have to be ended."""
    log = UndoLog(state.undo)
    log.undone(noted.record)
    log.clear()


def _brought_up(
    files: SystemFiles, system: System, noted: _Noted, state: State
) -> tuple[Part, ...]:
    plan = UpPlan(
        system=files.system,
        deployment=files.deployment,
        options=system.options,
        folder=noted.folder,
        state=state,
        timeline=state.timeline,
        hold=True,
    )
    with bearing(noted.mark):
        running = bring_up_target(system.target, plan).running
    try:
        with interruptible():
            running.wait_ready()
            parts = look(state)
        running.keep()
    except BaseException:  # a stop as well
        running.stop()
        raise
    return parts


def find(files: SystemFiles, state: State) -> None:
    """Let the commands of this state folder find the system that these files describe.

    Raises ConfigError: its target finds none that it has not brought up.
    """
    system = files.read()
    kind = target_type(system.target)
    if not issubclass(kind, Persists):
        text = f"--target {system.target}: its system is found by the state folder alone"
        raise ConfigError(f"{text}; remove the option")
    refuse_unready(preflight(system.target, system, state.root))
    note_target(state, system.target)
    kind.find(system, files.deployment, state)


def take_down(state: State) -> tuple[Part, ...]:
    """Stop the system that `bring_up` started, by force if it does not answer.

    Raises RefusedError if there is none, TargetError unless it is proven that nothing is left.
    """
    who = holder(lock_path())
    if who is None and _persists(state):
        return _taken_down(state)
    if who is None:
        raise RefusedError(f"no system of `squall services up` is up{_leftover_hint(state)}")
    if not _is_held_system(who, state):
        raise RefusedError(f"{who}; it is not the system of your `squall services up`")
    stopped = _asked_to_end(state, who)
    report = heal(state, None, NoTimeline())
    if not report.cleared:
        raise TargetError(f"not everything has ended: {report.failures}; run `squall heal`")
    return tuple(msgspec.structs.replace(part, state="stopped") for part in stopped)


def _taken_down(state: State) -> tuple[Part, ...]:
    """Remove a system that needs no process here."""
    with MachineLock.take(lock_path()):
        parts = look(state)
        able(_attached(state), Lifecycle).down()
    return tuple(msgspec.structs.replace(part, state="stopped") for part in parts)


def _persists(state: State) -> bool:
    kind = target_type(target_up(state))
    return issubclass(kind, Persists) and kind.persists(state)


def _asked_to_end(state: State, who: Holder) -> tuple[Part, ...]:
    """Ask the supervisor to end the system; returns what was up, also if it does not answer."""
    target = _attached(state)
    stopped: tuple[Part, ...]
    name, where = f"supervisor (pid {who.pid})", str(state.target_socket)
    stopped = (Part(name=name, state="up", address=where),)
    with suppress(TargetError, RefusedError):
        able(target, Instances).instances()  # a frozen one is not waited for twice
        stopped = look(state)
        able(target, Lifecycle).down()
    return stopped


def _is_held_system(who: Holder, state: State) -> bool:
    """A run's harness bears no mark; a supervisor that holds the lock bears one of its folder."""
    return mark_of(who.pid).startswith(state_prefix(state.root))


def _leftover_hint(state: State) -> str:
    why = leftover(state.undo)
    return f"; {why}; run `squall heal`" if why else ""


def look(state: State) -> tuple[Part, ...]:
    """Instances and edges now. Raises RefusedError where no system is up."""
    if not state.target_socket.exists() and not _persists(state):
        raise RefusedError("no system is up; start one with `squall services up`")
    target = target_type(target_up(state)).attach(state)
    instances = [
        Part(name=i.name, state=i.state, address=i.address, identity=i.identity)
        for i in able(target, Instances).instances()
    ]
    edges = [
        Part(
            name=e.name,
            state=", ".join(f.name for f in e.faults) or "clear",
            address=e.address,
            requests=e.requests,
        )
        for e in (target.edges() if isinstance(target, EdgeFaults) else ())
    ]
    return (*instances, *edges)


def heal_now(state: State, clock: Clock) -> HealReport:
    """Undo what a dead run left; a system held by `services up` is kept, an orphan is ended.

    Raises RefusedError while a run is on: it undoes by itself.
    """
    who = holder(lock_path())
    if who is not None and not _is_held_system(who, state):
        raise RefusedError(f"{who}; {_how_to_stop(who)}, it undoes by itself")
    target = None if who is None else _attached(state)
    if target is not None:
        _must_answer(target, who)
    timeline = FileTimeline(state.timeline, clock)
    try:
        return heal(state, target, timeline, clock)
    finally:
        timeline.close()


def _attached(state: State) -> Target:
    return target_type(target_up(state)).attach(state, ANSWER_LIMIT_S)


def _must_answer(target: Target, who: Holder | None) -> None:
    try:
        able(target, Instances).instances()
    except TargetError as error:
        text = f"{who}; the system that it holds does not answer ({error})"
        raise TargetError(f"{text}; `squall services down` ends it") from error


def _how_to_stop(who: Holder) -> str:
    if process_state(who.pid, who.started_ticks) == "T":
        return f"it is frozen: thaw it with `kill -CONT {who.pid}` or end it with `kill {who.pid}`"
    return "stop it"
