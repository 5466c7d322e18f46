"""The stored run as the judge reads it: every file parsed once, nothing looked up twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from harness.errors import StoredRunError
from harness.experiment import Terms, read_experiment
from harness.records import FIELDS, RECORD_BYTES
from harness.store import LoadDone, LoadPlan, LoadReady, Manifest, RunFolder, read_json
from harness.system import read_system
from harness.timeline import Event, read_timeline
from harness.traffic import read_schedule
from reports.evidence import Evidence, read_evidence

Ints = npt.NDArray[np.int64]
Records = npt.NDArray[np.void]
RECORD: Final[np.dtype[Any]] = np.dtype(list(FIELDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """All that a verdict rests on.

    `due_us` has the intended start of intent i at place i; `attempts` has dtype RECORD, in no
    particular order; `faulty` tells, a sentence each, what the files lack though they are sealed.
    """

    manifest: Manifest
    title: str
    terms: Terms
    faults_asked: int
    plan: LoadPlan
    due_us: Ints
    attempts: Records
    names: tuple[str, ...]
    events: tuple[Event, ...]
    evidence: Evidence
    faulty: tuple[str, ...] = ()


def read_stored(folder: RunFolder) -> StoredRun:
    """Read a whole run. Raises StoredRunError or ConfigError that names the file."""
    manifest = read_json(folder.manifest, Manifest)
    experiment = read_experiment(folder.experiment, read_system(folder.system))
    plan = read_json(folder.plan, LoadPlan)
    due_us = np.array(read_schedule(folder.schedule), dtype=np.int64)
    attempts, faulty = _attempts(folder, plan)
    if len(attempts) and int(attempts["intent"].max()) >= len(due_us):
        raise StoredRunError("an attempt belongs to no scheduled arrival")
    ready = folder.ready(0)
    return StoredRun(
        manifest=manifest,
        title=experiment.title,
        terms=experiment.terms,
        faults_asked=len(experiment.faults),
        plan=plan,
        due_us=due_us,
        attempts=attempts,
        names=read_json(ready, LoadReady).names if ready.is_file() else (),
        events=read_timeline(folder.timeline),
        evidence=read_evidence(folder, experiment.terms.evidence),
        faulty=faulty,
    )


def _attempts(folder: RunFolder, plan: LoadPlan) -> tuple[Records, tuple[str, ...]]:
    parts: list[Records] = []
    faulty: list[str] = []
    for worker in range(plan.workers):
        path = folder.attempts(worker)
        raw = path.read_bytes() if path.is_file() else b""
        torn = len(raw) % RECORD_BYTES
        if torn:
            faulty.append(f"{path.name} ends in the middle of a record ({torn} bytes of it)")
        parts.append(np.frombuffer(raw[: len(raw) - torn], dtype=RECORD))
        faulty += _unfinished(folder, worker, len(parts[-1]))
    strays = {path.name for path in folder.all_attempts()} - {
        folder.attempts(worker).name for worker in range(plan.workers)
    }
    faulty += [f"{name} belongs to no planned worker" for name in sorted(strays)]
    return np.concatenate(parts) if parts else np.empty(0, dtype=RECORD), tuple(faulty)


def _unfinished(folder: RunFolder, worker: int, kept: int) -> list[str]:
    path = folder.done(worker)
    if not path.is_file():
        return [f"load worker {worker} did not come to its end"]
    told = read_json(path, LoadDone).attempts
    if told != kept:
        return [f"load worker {worker} made {told} attempts but {kept} are kept"]
    return []
