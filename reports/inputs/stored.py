"""The stored run as the judge reads it: small files parsed once, large ones opened and checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.chaos.journal import Journal, read_journal
from harness.chaos.script import Script, read_script
from harness.errors import StoredRunError
from harness.experiment import Terms, read_stored_experiment
from harness.host.cpu import Machine
from harness.load.records import RECORD_BYTES
from harness.slo.documents import SloSet, read_slo_files
from harness.store import (
    COMPLETE,
    LoadDone,
    LoadPlan,
    LoadReady,
    Manifest,
    RunFolder,
    read_json,
    read_manifest,
    request_names,
)
from harness.system import System, read_system
from harness.timeline import Event, read_timeline
from reports.inputs.absences import absences
from reports.inputs.agreement import Told, contradictions
from reports.inputs.attempts import AttemptFiles
from reports.inputs.evidence_tables import Evidence, read_evidence
from reports.inputs.schedule import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """All that a verdict rests on.

    `due` has the intended start of intent i at place i; it and `attempts` stay in their files;
    `faulty` tells, a sentence each, what the files lack though they are sealed, and `impossible`
    what no run can be. `complete`: every attempt that was sent has a record; an intent without one
    was not sent.
    """

    manifest: Manifest
    title: str
    terms: Terms
    script: Script
    plan: LoadPlan
    due: Schedule
    attempts: AttemptFiles
    names: tuple[str, ...]
    open_loop: bool
    clock_error_ms: float
    events: tuple[Event, ...]
    evidence: Evidence
    system: System
    asked_for: tuple[str, ...]
    asks: bool = True
    machine: Machine
    journal: Journal | None = None
    journal_damage: str = ""
    slos: SloSet = field(default_factory=SloSet)
    faulty: tuple[str, ...] = ()
    impossible: tuple[str, ...] = ()
    complete: bool = True
    folder: Path | None = None


def read_stored(folder: RunFolder) -> StoredRun:
    """Read a whole run. Raises StoredRunError or ConfigError that names the file."""
    stored = _read(folder)
    if stored.manifest.ended != COMPLETE:
        return stored
    told = Told(
        manifest=stored.manifest,
        plan=stored.plan,
        terms=stored.terms,
        slices=stored.machine.slices,
        events=stored.events,
        last_due_s=_last_due_s(stored.due),
    )
    return replace(stored, impossible=contradictions(folder, told))


def _read(folder: RunFolder) -> StoredRun:
    manifest = read_manifest(folder)
    experiment = read_stored_experiment(folder.experiment)
    system = read_system(folder.system, folder.stored_deployment)
    named = experiment.terms.evidence
    asked_for = tuple(t for t in system.tables if named is None or t.name in named)
    plan = read_json(folder.plan, LoadPlan)
    due = Schedule(folder.schedule)
    due.check_order()
    attempts = AttemptFiles(tuple(folder.attempts(worker) for worker in range(plan.workers)))
    if attempts.highest >= len(due):
        raise StoredRunError("an attempt belongs to no scheduled arrival")
    ready = folder.ready(0)
    began = read_json(ready, LoadReady) if ready.is_file() else None
    journal, journal_damage = _journal(folder)
    ended_early = manifest.ended != COMPLETE  # then the harness itself stopped the load
    unfinished = () if ended_early else _unfinished(folder, plan, attempts)
    absent = () if ended_early else tuple(absences(folder, manifest, plan, len(due)))
    return StoredRun(
        manifest=manifest,
        title=experiment.title,
        terms=experiment.terms,
        script=read_script(folder.experiment),
        plan=plan,
        due=due,
        attempts=attempts,
        names=request_names(folder),
        open_loop=began is None or began.open_loop,
        clock_error_ms=_clock_error_ms(folder, plan),
        events=read_timeline(folder.timeline),
        evidence=read_evidence(folder, asked_for, manifest.intent_prefix),
        system=system,
        asked_for=tuple(table.name for table in asked_for),
        asks=began is None or bool(began.asked) or folder.asked.is_file(),
        machine=read_json(folder.machine, Machine),
        journal=journal,
        journal_damage=journal_damage,
        slos=read_slo_files(folder.slo_files),
        faulty=(*_faulty(folder, plan, attempts), *unfinished, *absent),
        complete=not (ended_early or unfinished),
        folder=folder.root,
    )


def _last_due_s(due: Schedule) -> float:
    return float(due.span_s(max(len(due) - 1, 0), len(due)).max(initial=0.0))


def _clock_error_ms(folder: RunFolder, plan: LoadPlan) -> float:
    """The worst of all workers."""
    paths = [path for w in range(plan.workers) if (path := folder.ready(w)).is_file()]
    return max((read_json(path, LoadReady).clock_error_ms for path in paths), default=0.0)


def _journal(folder: RunFolder) -> tuple[Journal | None, str]:
    """What Chaos Toolkit wrote, or why it cannot be read: the rest of the run is judged as well."""
    try:
        return read_journal(folder.journal), ""
    except StoredRunError as error:
        return None, str(error).replace(f"{folder.root}/", "")


def _faulty(folder: RunFolder, plan: LoadPlan, attempts: AttemptFiles) -> tuple[str, ...]:
    found: list[str] = []
    if folder.keys_rows.is_file():
        found.append("load/keys.ndjson does not hold whole rows of intent and key")
    for worker in range(plan.workers):
        path = folder.attempts(worker)
        found += _torn(path, attempts.of(path))
    strays = {path.name for path in folder.all_attempts()} - {
        folder.attempts(worker).name for worker in range(plan.workers)
    }
    found += [f"{name} belongs to no planned worker" for name in sorted(strays)]
    return tuple(found)


def _torn(path: Path, whole: int) -> list[str]:
    """The bytes behind the complete records: the unwritten end of a file is zero."""
    if not path.is_file():
        return []
    with path.open("rb") as stream:
        stream.seek(whole * RECORD_BYTES)
        found = stream.read(RECORD_BYTES)
    begun = len(found.rstrip(b"\0")) if len(found) == RECORD_BYTES else len(found)
    return [f"{path.name} ends in the middle of a record ({begun} bytes of it)"] if begun else []


def _unfinished(folder: RunFolder, plan: LoadPlan, attempts: AttemptFiles) -> tuple[str, ...]:
    """A sentence for each load worker that died or whose attempts are not all kept."""
    workers = range(plan.workers)
    said = (_unfinished_worker(folder, n, attempts.of(folder.attempts(n))) for n in workers)
    return tuple(text for text in said if text)


def _unfinished_worker(folder: RunFolder, worker: int, kept: int) -> str:
    path = folder.done(worker)
    if not path.is_file():
        return f"load worker {worker} did not come to its end"
    done = read_json(path, LoadDone)
    if done.died:
        return f"load worker {worker} did not come to its end: {done.died}"
    if done.attempts != kept:
        return f"load worker {worker} made {done.attempts} attempts but {kept} are kept"
    return ""
