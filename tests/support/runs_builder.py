"""Builds a sound stored run by the harness's own store; a test then damages what it wants."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from harness.evidence.tables import store_asked, store_evidence
from harness.host.cpu import Machine, Slice
from harness.load.asked import ColumnType, write_asked
from harness.load.records import Attempt, ErrorClass, Outcome, pack
from harness.load.traffic import US_PER_S, Steady, arrivals_us, write_schedule
from harness.store import (
    SCHEMA,
    LoadDone,
    LoadGo,
    LoadPlan,
    Manifest,
    PhaseSpan,
    RunFolder,
    write_json,
)
from harness.timeline import Event, Scalar
from reports.checks.payments.reference_tables import ACCOUNTS, CHARGES, ENTRIES, PAYMENTS
from tests.support.reference_rows import TABLES
from tests.support.runs_asked import COLUMNS, Asks, write_ready
from tests.support.runs_books import Books
from tests.support.runs_files import EXPERIMENT, SYSTEM
from tests.support.runs_journal import sound_journal
from tests.support.runs_rows import csv_lines, ndjson_lines

PREFIX = "7f3a"
T0_NS = 5_000_000_000
WARM_UP_S, BASELINE_S, FAULT_S, RECOVERY_S, DRAIN_S = 1.0, 5.0, 3.0, 13.0, 2.0
KILLED = ("kill", "ledger-1")
F0_S, F1_S = WARM_UP_S + BASELINE_S, WARM_UP_S + BASELINE_S + FAULT_S
LOAD_S = F1_S + RECOVERY_S
Span = tuple[str, float, float]
SPANS: tuple[Span, ...] = (
    ("warm-up", 0.0, WARM_UP_S),
    ("baseline", WARM_UP_S, F0_S),
    ("fault", F0_S, F1_S),
    ("recovery", F1_S, LOAD_S),
    ("drain", LOAD_S, LOAD_S + DRAIN_S),
)


def quiet(second: int) -> Slice:
    """A second in which the machine was half busy and others took 1 %."""
    return Slice(begin_s=second, end_s=second + 1.0, busy=0.5, foreign=0.01)


@dataclass(slots=True)
class RunsBuilder:
    """A whole run in memory; every part may be changed before `write`."""

    due_us: list[int]
    attempts: list[Attempt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    books: Books = field(default_factory=Books)
    experiment: str = EXPERIMENT
    ended: str = "complete"
    again: str = ""
    workers: int = 1
    machine: list[Slice] = field(default_factory=lambda: [quiet(s) for s in range(int(LOAD_S))])
    form: str = "ndjson"
    slos: tuple[str, ...] = ()
    asked: dict[int, Asks] = field(default_factory=dict)
    spans: tuple[Span, ...] = SPANS
    rewrite_journal: Callable[[dict[str, Any]], None] = lambda _journal: None

    def key(self, intent: int) -> str:
        return f"{PREFIX}-{intent}"

    def at(self, at_s: float) -> int:
        """The first intent due at or after that second."""
        return next(i for i, due in enumerate(self.due_us) if due >= at_s * US_PER_S)

    def book(self, intent: int) -> int:
        """The system captures it; returns the answer's digest."""
        it = self.asks(intent)
        return self.books.pay(it.key, f"p{intent}", it.payer, it.amount_minor)

    def asks(self, intent: int) -> Asks:
        """What the payer of that intent asks for."""
        usual = Asks(self.key(intent), f"payer-{intent % 7}", "merchant-1", 100 + intent % 900)
        return self.asked.get(intent, usual)

    def attempt(
        self,
        intent: int,
        outcome: Outcome = Outcome.OK,
        *,
        answer: int = 0,
        took_ms: float = 20,
        status: int = 201,
        after_ms: float = 0,
        number: int = 1,
    ) -> None:
        """One request; `after_ms` is counted from the intended start of its intent."""
        self.attempts.append(
            Attempt(
                intent=intent,
                due_us=self.due_us[intent] + int(after_ms * 1000),
                late_us=200,
                took_us=int(took_ms * 1000),
                answer=answer,
                status=status,
                outcome=outcome,
                name=0,
                error=ErrorClass.NONE,
                attempt=number,
                effect=True,
            )
        )

    def pays(self, intent: int, took_ms: float = 20) -> None:
        """All goes well at once."""
        self.attempt(intent, answer=self.book(intent), took_ms=took_ms)

    def retries(self, intent: int) -> None:
        """The first answer is lost, the second one comes 1.2 s after the intended start."""
        self.attempt(intent, Outcome.INFO, status=504, took_ms=1000)
        answer = self.book(intent)
        self.attempt(intent, answer=answer, after_ms=1180, number=2)

    def tell(
        self, at_s: float, source: str, kind: str, names: tuple[str, str], **data: Scalar
    ) -> None:
        """One event of (name, target)."""
        ns = T0_NS + round(at_s * 1e9)
        name, target = names
        self.events.append(
            Event(
                mono_ns=ns,
                wall_ns=ns,
                source=source,
                kind=kind,
                name=name,
                target=target,
                data=data,
            )
        )

    def tell_state(self, at_s: float, kind: str, names: tuple[str, str], state: str) -> None:
        """A breaker (edge, instance) or an instance ("", instance) changes its state."""
        source, word = ("service", "after") if kind == "breaker" else ("target", "state")
        self.tell(at_s, source, kind, names, **{word: state})

    def fault(self, *, but: str = "") -> None:
        """Asked, proven, held, undone, proven undone; one stage may be left out."""
        stages = (
            (F0_S - 0.02, "asked"),
            (F0_S - 0.01, "injected"),
            (F0_S, "verified"),
            (F1_S - 0.01, "undone"),
            (F1_S, "verified_undone"),
        )
        self.events = [event for event in self.events if event.source != "fault"]
        for at_s, stage in stages:
            if stage != but:
                self.tell(at_s, "fault", stage, KILLED, fault_id="1")
        self.looks(F0_S, F1_S)

    def looks(self, begin_s: float, end_s: float) -> None:
        """A look every half second, and one just before the undo."""
        for half_s in range(int(2 * (end_s - begin_s))):
            self.sample(begin_s + half_s / 2 + 0.005, state="down")
        self.sample(end_s - 0.02, state="down")

    def sample(self, at_s: float, *, on: bool | None = True, **data: Scalar) -> None:
        """One look at the fault."""
        self.tell(at_s, "fault", "held", KILLED, fault_id="1", on=on, **data)

    @property
    def columns(self) -> dict[str, ColumnType]:
        return COLUMNS

    def row(self, seed: int, intent: int, key: str) -> tuple[str | int, ...]:
        """As a scenario declares it."""
        del seed, key
        return self.asks(intent)

    def write(self, root: Path) -> RunFolder:
        """Store and seal it."""
        folder = RunFolder(root)
        folder.create()
        folder.experiment.write_text(self.experiment)
        folder.system.write_text(SYSTEM)
        for number, text in enumerate(self.slos):
            folder.objectives.mkdir(exist_ok=True)
            (folder.objectives / f"{number:02}-slo.yaml").write_text(text)
        write_schedule(folder.schedule, self.due_us)
        write_json(folder.manifest, _manifest(self, folder))
        write_json(folder.plan, _plan(self.workers))
        machine = Machine(cores=2, host_cores=2, limited_by="", slices=tuple(self.machine))
        write_json(folder.machine, machine)
        write_json(folder.go, LoadGo(t0_mono_ns=T0_NS))
        told = sorted([*self.events, *self._phase_events()], key=lambda event: event.mono_ns)
        folder.timeline.write_bytes(ndjson_lines(told))
        journal = sound_journal(folder.experiment, sorted(self.events, key=lambda e: e.mono_ns))
        self.rewrite_journal(journal)
        write_json(folder.journal, journal)
        for worker in range(self.workers):
            mine = self.attempts[worker :: self.workers]
            folder.attempts(worker).write_bytes(b"".join(map(pack, mine)))
            done = LoadDone(worker=worker, started=len(mine), attempts=len(mine))
            write_json(folder.done(worker), done)
        write_ready(folder, len(self.due_us), self.workers)
        write_asked(folder.asked_rows, self, 0, map(self.key, range(len(self.due_us))))
        store_asked(folder)
        self._fetch(folder)
        store_evidence(folder, tuple(TABLES.values()))
        folder.seal()
        return folder

    def _phase_events(self) -> list[Event]:
        """What the harness tells of the phases."""
        begins = [(name, T0_NS + round(begin_s * 1e9)) for name, begin_s, _ in self.spans]
        return [
            Event(mono_ns=ns, wall_ns=ns, source="run", kind="phase", name=n) for n, ns in begins
        ]

    def _fetch(self, folder: RunFolder) -> None:
        """As if the services had answered."""
        sources: dict[str, Sequence[msgspec.Struct]] = {
            ENTRIES: self.books.entries,
            ACCOUNTS: self.books.accounts,
            CHARGES: self.books.charges,
            PAYMENTS: self.books.payments,
        }
        write = csv_lines if self.form == "csv" else ndjson_lines
        for name, rows in sources.items():
            (folder.evidence_folder / f"{name}.{self.form}").write_bytes(write(rows))


def sound_run(seed: int = 11, outage_s: float = 1.5, rate: float = 90.0) -> RunsBuilder:
    """A run that passes: for `outage_s` after the fault every payer has to ask twice."""
    due = arrivals_us(Steady(per_s=rate), LOAD_S, seed)
    run = RunsBuilder(due)
    draw = random.Random(seed)
    for intent, due_us in enumerate(due):
        at_s = due_us / US_PER_S
        if F0_S <= at_s < F0_S + outage_s:
            run.retries(intent)
        else:
            run.pays(intent, took_ms=15 + 10 * draw.random())
    run.fault()
    run.tell_state(F0_S + 0.3, "breaker", ("payments>ledger", "payments"), "open")
    run.tell_state(F0_S + 1.3, "breaker", ("payments>ledger", "payments"), "half_open")
    run.tell_state(F0_S + 1.4, "breaker", ("payments>ledger", "payments"), "closed")
    run.tell_state(F0_S, "instance", ("", "ledger-1"), "down")
    run.tell_state(F1_S, "instance", ("", "ledger-1"), "ready")
    return run


def spoil(run: RunsBuilder, intent: int, change: Callable[[Attempt], Attempt]) -> None:
    """Change every attempt of one intent."""
    run.attempts = [change(a) if a.intent == intent else a for a in run.attempts]


def _manifest(run: RunsBuilder, folder: RunFolder) -> Manifest:
    return Manifest(
        schema=SCHEMA,
        experiment="ledger-killed",
        path="runs/ledger-killed/20260101T000000Z",
        scenario="steady",
        seed=11,
        rate_scale=1.0,
        intent_prefix=PREFIX,
        squall_version="0.1.0",
        python="3.11.9",
        cores=2,
        started_at="2026-01-01T00:00:00+00:00",
        t0_mono_ns=T0_NS,
        phases=tuple(PhaseSpan(name=n, begin_s=b, end_s=e) for n, b, e in run.spans),
        ended=run.ended,
        again=run.again,
        beside=tuple(f"objectives/{path.name}" for path in folder.slo_files),
    )


def _plan(workers: int) -> LoadPlan:
    return LoadPlan(
        scenario="steady",
        seed=11,
        rate_scale=1.0,
        host="",
        folder="",
        intent_prefix=PREFIX,
        load_s=LOAD_S,
        stop_s=LOAD_S + DRAIN_S,
        workers=workers,
    )
