"""One run, from the machine's lock to a sealed folder; `_live_through` has the phases.

Signals are held back while parts are started and stopped; the waits in between are interruptible.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Final

from harness.clock import NS_PER_S
from harness.errors import HarnessError, TargetError, after_start
from harness.evidence import fetch
from harness.evidence.tables import store_asked, store_evidence, store_keys
from harness.files.log_limit import close_gaps
from harness.host.cpu import MachineWatch
from harness.host.disturbance import worst_harmful
from harness.host.own_tree import IsOwn
from harness.host.usage import Usage, over_time
from harness.load.traffic import read_schedule
from harness.run.guard import Ending, guarded, unsealed
from harness.run.inputs import Inputs, scrub_run
from harness.run.marking import marks_allowed
from harness.run.opening import preflight
from harness.run.order import (
    Order,
    open_folder,
    refuse_unready,
    refuse_without_space,
)
from harness.run.partial import said_of
from harness.run.run_state import RunState, Tools, cpu_usage, manifest_of, sample_cpu, watch_cpu
from harness.run.signals import Stopped, held, interruptible
from harness.run.start_conditions import StartConditions
from harness.run.starting import Stage, start_parts
from harness.safety.lock import MachineLock
from harness.safety.state import lock_path
from harness.safety.undo import refuse_leftover
from harness.store import PhaseSpan, RunFolder, write_json
from harness.targets.base import Instances, OnThisMachine, Target, able
from harness.timeline import FileTimeline, read_timeline
from harness.view.model import LiveModel
from harness.view.tail import RunFollower
from harness.view.terminal import closing_view

TICK_S: Final = 0.25
# From `go` to zero: long enough for every worker to have read go.json.
HEAD_START_S: Final = 0.5
# A fault may be undone and proven undone as late as this after its planned end.
UNDO_LIMIT_S: Final = 30.0
DONE_LIMIT_S: Final = 10.0


def run(order: Order, tools: Tools) -> RunFolder:
    """Run it and store it. At any end the fault is undone first, then all is stopped.

    Raises RefusedError before anything was started (lock, leftover, space, ports), later
    TargetError and RunFailedError, also when something was left behind.
    """
    refuse_without_space(order.runs_dir)
    ending = Ending()
    try:
        with held():
            return _run(order, tools, ending)
    except Stopped as stop:
        stop.left, stop.clean = f"; {said_of(ending)}", ending.clean
        raise
    except HarnessError as error:
        raise ending.with_outcome(error) from error


def _run(order: Order, tools: Tools, ending: Ending) -> RunFolder:
    stamp = datetime.now(UTC)
    with ExitStack() as machine:
        machine.enter_context(MachineLock.take(lock_path()))
        refuse_leftover(tools.state.undo)
        refuse_unready(preflight(order.target, order.system, tools.state.root))
        folder, inputs = open_folder(order, stamp)
        machine.enter_context(after_start())
        machine.enter_context(unsealed(tools.state, folder))
        session, usage = _lived(order, tools, folder, ending, stamp)
        ending.refuse_unclean()
        with interruptible():
            _seal(session, usage, inputs)
    return folder


def _lived(
    order: Order, tools: Tools, folder: RunFolder, ending: Ending, stamp: datetime
) -> tuple[RunState, tuple[Usage, ...]]:
    """From the first process to the last; nothing of the run is left when this returns."""
    with ExitStack() as stack:
        timeline = FileTimeline(folder.timeline, tools.clock)
        stack.callback(timeline.close)
        stack.enter_context(guarded(tools.state, folder, timeline, ending))
        stage = Stage(state=tools.state, folder=folder, timeline=timeline, note=tools.watcher.note)
        parts = start_parts(order, stage, stack)
        session = RunState(
            order=order,
            tools=tools,
            folder=folder,
            timeline=timeline,
            parts=parts,
            machine=MachineWatch(tools.clock, _carriers(parts.target)),
            started_at=stamp.isoformat(timespec="seconds"),
        )
        with interruptible():
            with closing_view(tools.watcher):
                _live_through(session)
            fetch.fetch_all(
                order.system, able(parts.target, Instances), _place(order, folder), timeline
            )
        return session, cpu_usage(session)


def _carriers(target: Target) -> IsOwn | None:
    """Tells which processes of this machine carry the system, where they are not this run's."""
    return target.own_process() if isinstance(target, OnThisMachine) else None


def _place(order: Order, folder: RunFolder) -> fetch.FetchPlace:
    """Where the tables of the system go."""
    return fetch.FetchPlace(
        folder=folder.evidence_folder,
        system_folder=order.system_path.absolute().parent,
        environ=os.environ,
    )


def _seal(s: RunState, usage: tuple[Usage, ...], inputs: Inputs) -> None:
    """Put the run in order: the system is down and its logs are complete."""
    s.tools.watcher.note("sealing the run ...")
    close_gaps(s.folder.logs)
    scrub_run(inputs, s.folder)
    store_asked(s.folder)
    store_keys(s.folder)
    store_evidence(s.folder, s.order.system.tables)
    write_json(s.folder.usage, usage)
    write_json(s.folder.cpu, over_time(s.cpu, s.t0_mono_ns))
    write_json(s.folder.machine, s.machine.machine(s.t0_mono_ns))
    write_json(s.folder.manifest, manifest_of(s))
    s.folder.seal()


def _live_through(s: RunState) -> None:
    """Warm-up, baseline, fault, recovery, drain: each ends by the clock, the fault by its proof."""
    phases = s.order.experiment.terms.phases
    peak_s = phases.warm_up_s + phases.baseline_s
    _zero(s)
    _phase(s, "warm-up", phases.warm_up_s)
    if _ended_by_others(s, 0.0):
        return
    if s.order.experiment.terms.watch:
        _watch(s)
        return
    _phase(s, "baseline", max(phases.warm_up_s, peak_s - phases.fault_s))
    sample_cpu(s)
    _phase(s, "baseline", peak_s)
    sample_cpu(s)
    if _ended_by_others(s, phases.warm_up_s):
        return
    if not _may_begin(s):
        return
    s.parts.conductor.go()
    _phase(s, "fault", peak_s + phases.fault_s + UNDO_LIMIT_S, until_conducted=True)
    if s.order.experiment.terms.control or _fault_was_verified(s):
        _phase(s, "recovery", phases.load_s)
        _phase(s, "drain", phases.load_s + phases.drain_s, until_loaded=True)
        s.parts.generator.wait_done(DONE_LIMIT_S)
    else:
        s.ended = "early: the fault was not proven, so the rest would tell nothing"
        s.parts.generator.stop()


def _may_begin(s: RunState) -> bool:
    """Whether the experiment's start conditions hold in time; else the run ends here."""
    when = s.order.experiment.terms.when
    if when is None:
        return True
    conditions = StartConditions(
        when,
        able(s.parts.target, Instances),
        s.parts.running.entry,
        lambda: read_timeline(s.folder.timeline),
    )
    if why := conditions.wait(s.timeline, s.tools.clock, s.machine.tick):
        s.ended = f"early: {why}"
        s.tools.watcher.note(f"ending the run early: {why}")
        s.parts.generator.stop()
    return not why


def _watch(s: RunState) -> None:
    """From warm-up to the end of the load: others do something, and marks say when."""
    phases = s.order.experiment.terms.phases
    sample_cpu(s)
    with marks_allowed(s.tools.state, s.folder, s.t0_mono_ns):
        _phase(s, "watch", phases.load_s)
    sample_cpu(s)
    _phase(s, "drain", phases.load_s + phases.drain_s, until_loaded=True)
    s.parts.generator.wait_done(DONE_LIMIT_S)


def _ended_by_others(s: RunState, begin_s: float) -> bool:
    """End a run early that foreign CPU load makes INVALID anyway, before the fault is injected."""
    slices = [one for one in s.machine.slices(s.t0_mono_ns) if one.begin_s >= begin_s]
    harmful = worst_harmful(slices)
    if harmful is None or s.order.experiment.terms.to_the_end:
        return False
    s.ended = f"early: {harmful.describe()}"
    s.tools.watcher.note(f"ending the run early: {harmful.describe()}")
    s.parts.generator.stop()
    return True


def _zero(s: RunState) -> None:
    """Agree on the run's zero and let the load begin."""
    s.t0_mono_ns = s.tools.clock.monotonic_ns() + int(HEAD_START_S * NS_PER_S)
    model = LiveModel(
        terms=s.order.experiment.terms,
        t0_mono_ns=s.t0_mono_ns,
        due_us=read_schedule(s.folder.schedule),
    )
    title = f"{s.order.experiment.name} · {s.order.scenario} · seed {s.order.seed}"
    if s.order.rate_scale != 1:
        title += f" · rates x {s.order.rate_scale:g}"
    s.tools.watcher.begin(title, model, RunFollower(s.folder))
    s.parts.generator.go(s.t0_mono_ns)


def _phase(
    s: RunState,
    name: str,
    end_s: float,
    *,
    until_conducted: bool = False,
    until_loaded: bool = False,
) -> None:
    """Wait for a phase's end, watching; a phase in two parts is one span."""
    begin_s = s.phases[-1].end_s if s.phases else 0.0
    if not s.phases or s.phases[-1].name != name:
        s.timeline.tell("run", "phase", name)
    else:
        begin_s = s.phases.pop().begin_s
    while (at_s := s.at_s()) < end_s:
        if until_conducted and s.parts.conductor.finished():
            break
        if until_loaded and not s.parts.generator.alive():
            break
        if s.parts.generator.died() and not until_loaded:
            raise TargetError(f"the load generator ended in {name}; see {s.folder.logs}")
        if not s.parts.running.alive:
            raise TargetError(f"the target ended in {name}; see {s.folder.logs}")
        s.machine.tick()
        watch_cpu(s)
        s.tools.watcher.tick(at_s)
        s.tools.clock.sleep(min(TICK_S, end_s - at_s))
    s.phases.append(PhaseSpan(name=name, begin_s=begin_s, end_s=max(begin_s, s.at_s())))


def _fault_was_verified(s: RunState) -> bool:
    events = read_timeline(s.folder.timeline)
    return any(e.source == "fault" and e.kind == "verified" for e in events)
