"""A sealed run of any length, made without running anything: attempts like those of real runs."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from benchmarks.synthetic_books import SyntheticAsked, answer_of, write_evidence
from harness.evidence.declared import Table
from harness.evidence.tables import store_asked, store_evidence
from harness.files.record_check import record
from harness.files.yaml_file import read_document
from harness.host.cpu import Machine, Slice
from harness.load.asked import write_asked
from harness.load.records import EFFECT_SHIFT, OUTCOME_SHIFT, Outcome
from harness.store import (
    SCHEMA,
    LoadDone,
    LoadGo,
    LoadPlan,
    LoadReady,
    Manifest,
    PhaseSpan,
    RunFolder,
    write_json,
)
from harness.system import System
from harness.timeline import Event, Scalar
from reports.inputs.attempts import RECORD, Records
from reports.inputs.schedule import Ints

PREFIX: Final = "7f3a"
RATE_PER_S: Final = 3200
WORKERS: Final = 4
LIMIT_MS: Final = 300
_T0_NS: Final = 5_000_000_000
_SHARES: Final = (0.05, 0.25, 0.20, 0.50)  # warm-up, baseline, fault, recovery
_DRAIN_S: Final = 5.0
_HURT: Final = 0.3  # of the fault's length: so long payments suffer
_SOURCES: Final = ("ledger_entries", "ledger_accounts", "bank_charges", "payments")
_REFERENCE: Final = Path(__file__).parents[1] / "reference_services/system.yaml"
_SYSTEM: Final = """
name: synthetic
entry: payer>payments
services:
  - {name: payments, command: [payments]}
  - {name: bank, command: [bank]}
  - {name: ledger, replicas: 2, command: [ledger]}
edges: [{name: payer>payments, via: gateway}]
"""
_EXPERIMENT: Final = """
title: A ledger instance is killed
extensions:
  - name: squall
    question: Do payments come back?
    scenario: steady
    phases: {{warm_up_s: {0}, baseline_s: {1}, fault_s: {2}, recovery_s: {3}, drain_s: {4}}}
    max_duration_s: 3600
    blast_radius: {{services: [ledger], max_instances: 1}}
    evidence: [{5}]
    good: {{latency_ms: {6}, target: 0.99}}
    hold_s: 10
    objectives:
      - {{name: stable recovery, metric: stable_recovery_s, must: "<=", limit: 9999}}
      - {{name: good during the fault, metric: good_ratio_fault, must: ">=", limit: 0.1}}
method:
  - type: action
    name: kill
    provider:
      type: python
      module: harness.chaos.actions
      func: inject_kill
      arguments: {{service: ledger}}
"""
_LOOK_S = 0.5
_INJECTED = {"fault": "kill", "target": "ledger-1", "fault_id": "", "service": "ledger"}
_JOURNAL = {
    "status": "completed",
    "deviated": False,
    "steady_states": {"before": None, "during": [], "after": None},
    "run": [{"activity": {"name": "kill"}, "status": "succeeded", "output": [_INJECTED]}],
    "rollbacks": [],
    "control_failures": [],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a run is, by its number of attempts at RATE_PER_S."""

    attempts: int

    @property
    def spans_s(self) -> tuple[float, ...]:
        """Lengths of warm-up, baseline, fault and recovery."""
        return tuple(round(share * self.attempts / RATE_PER_S, 3) for share in _SHARES)

    @property
    def load_s(self) -> float:
        """All of them."""
        return sum(self.spans_s)

    @property
    def f0_s(self) -> float:
        """When the fault begins."""
        return sum(self.spans_s[:2])


def write_run(root: Path, attempts: int, *, evidence: bool) -> RunFolder:
    """`attempts` requests, some of them second ones; with the evidence of each payment, or none."""
    folder, length = RunFolder(root), Length(attempts=attempts)
    folder.create()
    records, due = _records(length)
    if evidence:
        intents = records["intent"][_is_last(records)]
        answers = np.fromiter(map(answer_of, range(len(due))), np.uint32, len(due))
        records["answer"][_is_last(records)] = answers[intents]
        write_evidence(folder.evidence_folder, PREFIX, len(due))
        store_evidence(folder, reference_tables())
    due.astype("<u4").tofile(folder.schedule)
    for worker in range(WORKERS):
        mine = records[records["intent"] % WORKERS == worker]
        mine.tofile(folder.attempts(worker))
        done = LoadDone(worker=worker, started=len(mine), attempts=len(mine))
        write_json(folder.done(worker), done)
    asks = SyntheticAsked()
    for worker in range(WORKERS):
        write_json(folder.ready(worker), _ready(worker, len(due), asks))
    if evidence:
        write_asked(folder.asked_rows, asks, 0, (f"{PREFIX}-{i}" for i in range(len(due))))
        store_asked(folder)
    _write_facts(folder, length, _SOURCES if evidence else ())
    folder.seal()
    return folder


def _ready(worker: int, arrivals: int, asks: SyntheticAsked) -> LoadReady:
    return LoadReady(
        worker=worker,
        pid=1,
        arrivals=len(range(worker, arrivals, WORKERS)),
        names=("pay", "ask"),
        asked={} if worker else dict(asks.columns),
    )


def _records(length: Length) -> tuple[Records, Ints]:
    """In the order of their ends, as a generator writes them."""
    draw = np.random.default_rng(11)
    hurt_s = _HURT * length.spans_s[2]
    again = int(RATE_PER_S * hurt_s)
    size = length.attempts - again
    due = np.sort(draw.integers(0, int(length.load_s * 1e6), size))
    first = int(np.searchsorted(due, length.f0_s * 1e6))
    numbers = np.concatenate((np.arange(size), np.arange(first, first + again)))
    records = np.zeros(len(numbers), dtype=RECORD)
    is_hurt = (numbers >= first) & (numbers < first + again)
    is_second = np.arange(len(numbers)) >= size
    records["intent"], records["attempt"] = numbers, 1 + is_second
    records["due_us"] = due[numbers] + np.where(is_second, 1_050_000, 0)
    records["late_us"] = draw.integers(10, 400, len(numbers))
    took_us = draw.lognormal(9.6, 0.5, len(numbers))
    records["took_us"] = np.where(is_hurt & ~is_second, 1_000_000, took_us)
    is_info = is_hurt & ~is_second
    outcome = np.where(is_info, Outcome.INFO, Outcome.OK)
    effect = 1 << EFFECT_SHIFT
    records["code"] = np.where(is_info, 504, 201) | outcome << OUTCOME_SHIFT | effect
    records["answer"] = np.where(is_info, 0, 1 + numbers)
    ends = records["due_us"].astype(np.int64) + records["late_us"] + records["took_us"]
    return records[np.argsort(ends)], due


def _is_last(records: Records) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = records["answer"] != 0
    return found


def _write_facts(folder: RunFolder, length: Length, sources: tuple[str, ...]) -> None:
    spans = length.spans_s
    text = _EXPERIMENT.format(*spans, _DRAIN_S, ", ".join(sources), LIMIT_MS)
    folder.experiment.write_text(text, encoding="utf-8")
    folder.system.write_text(_SYSTEM + _blocks(), encoding="utf-8")
    edges = np.cumsum((0.0, *spans, _DRAIN_S)).tolist()
    names = ("warm-up", "baseline", "fault", "recovery", "drain")
    phases = tuple(
        PhaseSpan(name=name, begin_s=begin, end_s=end)
        for name, begin, end in zip(names, edges[:-1], edges[1:], strict=True)
    )
    write_json(folder.manifest, _manifest(phases))
    plan = LoadPlan(
        scenario="steady",
        seed=11,
        rate_scale=1.0,
        host="http://127.0.0.1:1",
        folder="elsewhere",
        intent_prefix=PREFIX,
        load_s=length.load_s,
        stop_s=length.load_s + _DRAIN_S,
        workers=WORKERS,
    )
    write_json(folder.plan, plan)
    write_json(folder.go, LoadGo(t0_mono_ns=_T0_NS))
    seconds = range(int(length.load_s))
    slices = tuple(_alone(second) for second in seconds)
    write_json(folder.machine, Machine(cores=2, host_cores=2, limited_by="", slices=slices))
    begin_s, end_s = length.f0_s, length.f0_s + spans[2]
    stages = {"asked": begin_s - 0.02, "injected": begin_s - 0.01, "verified": begin_s}
    stages |= {"undone": end_s - 0.01, "verified_undone": end_s}
    events = [_event(at_s, stage) for stage, at_s in stages.items()]
    samples = np.append(np.arange(begin_s, end_s - 0.02, _LOOK_S), end_s - 0.02).tolist()
    events += [_event(at_s, "held", on=True) for at_s in samples]
    events += [_begin(phase) for phase in phases]
    write_json(folder.journal, _JOURNAL)
    folder.timeline.write_bytes(msgspec.json.Encoder().encode_lines(events))


def reference_tables() -> tuple[Table, ...]:
    """The tables that the reference system file declares."""
    return record(read_document(_REFERENCE).root, System).tables


def _blocks() -> str:
    text = _REFERENCE.read_text(encoding="utf-8")
    return text[text.index("tables:") : text.index("events:")]


def _alone(second: int) -> Slice:
    return Slice(begin_s=second, end_s=second + 1.0, busy=0.5, foreign=0.0)


def _event(at_s: float, stage: str, **data: Scalar) -> Event:
    ns = _T0_NS + round(at_s * 1e9)
    return Event(
        mono_ns=ns,
        wall_ns=ns,
        source="fault",
        kind=stage,
        name="kill",
        target="ledger-1",
        data=data,
    )


def _begin(phase: PhaseSpan) -> Event:
    ns = _T0_NS + round(phase.begin_s * 1e9)
    return Event(mono_ns=ns, wall_ns=ns, source="run", kind="phase", name=phase.name)


def _manifest(phases: tuple[PhaseSpan, ...]) -> Manifest:
    return Manifest(
        schema=SCHEMA,
        experiment="synthetic",
        path="runs/synthetic",
        scenario="steady",
        seed=11,
        rate_scale=1.0,
        intent_prefix=PREFIX,
        squall_version="0",
        python=platform.python_version(),
        cores=2,
        started_at="2026-01-01T00:00:00+00:00",
        t0_mono_ns=_T0_NS,
        phases=phases,
        ended="complete",
    )
