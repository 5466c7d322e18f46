"""Starts a run's parts in order; what ends each is registered before the next one is started.

It runs while signals are held back (harness/run/signals.py): a child cannot be lost between its
fork and the entry in the stack that ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from harness.chaos.conductor import LEAVE_S, STOP_S, Conductor, Conducts, NoConductor
from harness.load.generator import MOST_PER_WORKER_S, Generator, overload
from harness.run.heal import undo_faults
from harness.run.load_workers import start_workers
from harness.run.opening import Opened, bring_up_target
from harness.run.order import LOCAL, Order, plan_load
from harness.run.signals import interruptible
from harness.safety.identity import process_identity
from harness.safety.state import State
from harness.safety.undo import UndoLog
from harness.store import RunFolder
from harness.targets.base import Events, Running, Target, UpPlan
from harness.timeline import FileTimeline

START_LIMIT_S: Final = 30.0
Note = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What runs beside the harness."""

    target: Target
    running: Running
    generator: Generator
    conductor: Conducts


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the parts of one run keep their files and write their messages."""

    state: State
    folder: RunFolder
    timeline: FileTimeline
    note: Note


def start_parts(order: Order, stage: Stage, stack: ExitStack) -> Parts:
    """Start all parts; the stack undoes in the opposite order: the fault is undone first."""
    state, folder = stage.state, stage.folder
    undo = UndoLog(state.undo)
    stage.note(f"starting {order.system.name} ...")
    opened = bring_up_target(order.target, _up_plan(order, stage))
    target, running = opened.target, opened.running
    stack.callback(running.stop)
    with interruptible():
        running.wait_ready()
    if isinstance(target, Events):
        stack.callback(target.tell_events(stage.timeline))
    host = _load_host(order, stage, opened, stack)
    generator = Generator.start(plan_load(order, folder, host), folder)
    record = undo.process_started(generator.pid, process_identity(generator.pid) or 0, "load")
    stack.callback(undo.undone, record)
    stack.callback(generator.stop)
    conductor = _conductor(order, stage)
    stack.callback(_undo_faults, stage, running, target)
    stack.callback(_stop_conductor, conductor, running)
    with interruptible():
        conductor.wait_ready(START_LIMIT_S)
        _await_generator(generator, stage)
    return Parts(target=target, running=running, generator=generator, conductor=conductor)


def _load_host(order: Order, stage: Stage, opened: Opened, stack: ExitStack) -> str:
    """The URL that load is sent to; load workers that run in the target are started first."""
    if order.locust.load == LOCAL:
        return opened.running.entry
    stage.note(f"starting {order.workers} load workers beside {order.system.name} ...")
    return start_workers(order, opened.target, stack, stage.folder, stage.state)


def _conductor(order: Order, stage: Stage) -> Conducts:
    if order.experiment.terms.watch:
        return NoConductor()
    return Conductor.start(order.experiment, stage.folder, stage.state, order.seed)


def _up_plan(order: Order, stage: Stage) -> UpPlan:
    return UpPlan(
        system=order.system_path,
        deployment=order.deployment_path,
        folder=stage.folder,
        state=stage.state,
        faulted_edges=frozenset(order.experiment.terms.blast_radius.edges),
        options=order.system.options,
    )


def _await_generator(generator: Generator, stage: Stage) -> None:
    """Wait for every worker; an overloaded one is an event and a note."""
    for ready in generator.wait_ready(START_LIMIT_S):
        if said := overload(ready.worker, ready.peak_per_s):
            stage.note(said)
            stage.timeline.tell(
                "load",
                "overload",
                f"worker-{ready.worker}",
                peak_per_s=ready.peak_per_s,
                most_per_s=MOST_PER_WORKER_S,
            )


def _stop_conductor(conductor: Conducts, running: Running) -> None:
    """Ask it to undo; where what runs the system has died nothing could be undone."""
    conductor.stop(STOP_S if running.alive else LEAVE_S)


def _undo_faults(stage: Stage, running: Running, target: Target) -> None:
    """Undo what the conductor left on; a supervisor that has died took its system along."""
    if running.alive:
        undo_faults(stage.state, target, stage.timeline)
