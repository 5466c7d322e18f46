"""Drives a whole local system without a fault, for a row: starts it, loads it, ends it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from harness.clock import SystemClock
from harness.host.usage import Sample, Usage, Watched, between, take_sample
from harness.load.generator import Generator
from harness.run.guard import Ending, guarded
from harness.safety.lock import MachineLock
from harness.safety.state import State, lock_path, open_state
from harness.safety.undo import UndoLog, refuse_leftover
from harness.store import LoadPlan, RunFolder
from harness.system import usual_deployment
from harness.targets.base import UpPlan
from harness.targets.local.running import Supervisor
from harness.timeline import NoTimeline

ROOT: Final = Path(__file__).resolve().parent.parent
SYSTEM: Final = ROOT / "reference_services" / "system.yaml"
# As in a run whose experiment touches no TCP edge: no proxy is in front of the database.
FAULTED: Final = frozenset({"payer>payments", "payments>ledger", "payments>bank"})
PAYERS_GIVE_UP_S: Final = 5.0
START_LIMIT_S: Final = 30.0
GENERATOR: Final = "generator"
_POLL_S: Final = 0.1
_ZERO_AHEAD_S: Final = 0.5
_REPLICA: Final = re.compile(r"-\d+$")


class Drive(msgspec.Struct, frozen=True, kw_only=True):
    """What load on which system; CPU is read at `from_s` and `until_s` of the run."""

    scenario: str
    load_s: float
    rate_scale: float = 1.0
    system: Path = SYSTEM
    from_s: float = 0.0
    until_s: float = 0.0


def drive(order: Drive, folder: RunFolder) -> tuple[Usage, ...]:
    """Attempts and schedule in `folder`; CPU seconds by process in it. Raises HarnessError."""
    with started(folder, order.system) as (state, supervisor):
        return _loaded(order, folder, state, supervisor.entry)


@contextmanager
def started(folder: RunFolder, system: Path = SYSTEM) -> Iterator[tuple[State, Supervisor]]:
    """A whole system, ready when the block begins and gone when it has ended."""
    folder.create()
    state = open_state()
    ending = Ending()
    with MachineLock.take(lock_path()):
        refuse_leftover(state.undo)
        with guarded(state, folder, NoTimeline(), ending):
            plan = UpPlan(
                system=system,
                deployment=usual_deployment(system, "local"),
                folder=folder,
                state=state,
                faulted_edges=FAULTED,
            )
            supervisor = Supervisor.start(plan)
            try:
                yield state, supervisor
            finally:
                supervisor.stop()
    ending.refuse_unclean()


def _loaded(order: Drive, folder: RunFolder, state: State, host: str) -> tuple[Usage, ...]:
    plan = LoadPlan(
        scenario=order.scenario,
        seed=1,
        rate_scale=order.rate_scale,
        host=host,
        folder=str(folder.root),
        intent_prefix="bench",
        load_s=order.load_s,
        stop_s=order.load_s + PAYERS_GIVE_UP_S,
    )
    with Generator.start(plan, folder) as generator:
        generator.wait_ready(START_LIMIT_S)
        zero_s = time.monotonic() + _ZERO_AHEAD_S
        generator.go(round(zero_s * 1e9))
        samples = []
        for at_s in (order.from_s, order.until_s):
            time.sleep(max(0.0, zero_s + at_s - time.monotonic()))
            samples.append(_sample(state, generator.pid))
        until_s = zero_s + plan.stop_s + START_LIMIT_S
        while generator.alive() and time.monotonic() < until_s:
            time.sleep(_POLL_S)
    return between(samples[0], samples[1], round(zero_s * 1e9))


def _sample(state: State, generator: int) -> Sample:
    noted = [r for r in UndoLog(state.undo).pending() if r.kind == "process"]
    watched = [Watched(name=r.resource, pid=r.pid) for r in noted]
    own = (Watched(name=GENERATOR, pid=generator), Watched(name="bench", pid=os.getpid()))
    return take_sample((*watched, *own), SystemClock())


def by_service(used: tuple[Usage, ...]) -> dict[str, float]:
    """CPU seconds by service, its replicas together."""
    totals: dict[str, float] = {}
    for usage in used:
        name = _REPLICA.sub("", usage.name)
        totals[name] = totals.get(name, 0.0) + usage.cpu_s
    return totals
