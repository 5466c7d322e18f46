"""The state of a run that is on: its parts, its phases, what it cost, and its manifest."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Final

from harness.clock import NS_PER_S, Clock
from harness.host.cpu import MachineWatch
from harness.host.usage import Sample, Usage, Watched, between, take_sample
from harness.run.order import (
    Order,
    intent_prefix,
    path_in_runs,
)
from harness.run.starting import Parts
from harness.safety.state import State
from harness.safety.undo import UndoLog
from harness.store import COMPLETE, SCHEMA, Manifest, PhaseSpan, RunFolder
from harness.timeline import FileTimeline
from harness.view.terminal import Watcher

CPU_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a run needs of the outside world."""

    clock: Clock
    state: State
    watcher: Watcher


@dataclass(slots=True, kw_only=True)
class RunState:
    """The parts of a run that is on."""

    order: Order
    tools: Tools
    folder: RunFolder
    timeline: FileTimeline
    parts: Parts
    machine: MachineWatch
    started_at: str
    t0_mono_ns: int = 0
    phases: list[PhaseSpan] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    cpu: list[Sample] = field(default_factory=list)
    ended: str = COMPLETE

    def at_s(self) -> float:
        """Seconds since the run's zero."""
        return (self.tools.clock.monotonic_ns() - self.t0_mono_ns) / NS_PER_S


def sample_cpu(s: RunState) -> None:
    """CPU so far of every process of the run; two samples span the peak before the fault."""
    s.samples.append(_sample(s))


def watch_cpu(s: RunState) -> None:
    """The same all the time, but at most once in `CPU_EVERY_S`."""
    if not s.cpu or s.tools.clock.monotonic_ns() - s.cpu[-1].mono_ns >= CPU_EVERY_S * NS_PER_S:
        s.cpu.append(_sample(s))


def _sample(s: RunState) -> Sample:
    records = UndoLog(s.tools.state.undo).pending()
    watched = [Watched(name=r.resource, pid=r.pid) for r in records if r.kind == "process"]
    watched.append(Watched(name="squall run", pid=os.getpid()))
    return take_sample(tuple(watched), s.tools.clock)


def cpu_usage(s: RunState) -> tuple[Usage, ...]:
    """Empty where the run ended before the peak."""
    if len(s.samples) < 2:  # noqa: PLR2004  # one at each end of the window
        return ()
    return between(s.samples[0], s.samples[1], s.t0_mono_ns)


def manifest_of(s: RunState) -> Manifest:
    """run.json of a run that has come to its end."""
    return Manifest(
        schema=SCHEMA,
        experiment=s.order.experiment.name,
        path=path_in_runs(s.folder),
        scenario=s.order.scenario,
        system_folder=str(s.order.system_path.absolute().parent),
        beside=_beside(s.folder),
        seed=s.order.seed,
        rate_scale=s.order.rate_scale,
        intent_prefix=intent_prefix(s.folder),
        squall_version=version("squall"),
        python=platform.python_version(),
        cores=s.machine.cores,
        started_at=s.started_at,
        t0_mono_ns=s.t0_mono_ns,
        phases=tuple(s.phases),
        ended=s.ended,
        defect=s.order.changes.get("SQUALL_DEFECT", ""),
        again=s.order.again,
    )


def _beside(folder: RunFolder) -> tuple[str, ...]:
    deployment = folder.stored_deployment
    paths = folder.slo_files if deployment is None else (deployment, *folder.slo_files)
    return tuple(str(path.relative_to(folder.root)) for path in paths)
