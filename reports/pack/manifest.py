"""manifest.json of a pack: what was planned and done, by whom, and the digest of every file."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from reports.inputs.stored import StoredRun
from reports.verdict.scorecard import Document

PACK_SCHEMA: Final = 1


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen; an unknown key is an error."""


class PackedFile(_Part, frozen=True, kw_only=True):
    """One file of the run."""

    path: str
    bytes: int
    sha256: str


class Responsible(_Part, frozen=True, kw_only=True):
    """What people add: who answers for it, what is to be done, and when it is tested again."""

    owner: str = ""
    remediation: str = ""
    retest: str = ""


class Planned(_Part, frozen=True, kw_only=True):
    """What the experiment was to do. Phases in seconds."""

    question: str
    scenario: str
    seed: int
    actions: tuple[str, ...]
    phases_s: dict[str, float]
    objectives: tuple[str, ...]


class DoneFault(_Part, frozen=True, kw_only=True):
    """One fault as it was: seconds since the run's zero; null: the stage has no event."""

    name: str
    target: str
    verified_s: float | None
    undone_s: float | None


class Done(_Part, frozen=True, kw_only=True):
    """What happened."""

    ended: str
    faults: tuple[DoneFault, ...]
    arrivals_scheduled: int | None
    arrivals_started: int | None


class Scope(_Part, frozen=True, kw_only=True):
    """What the test could reach and what it left out."""

    system: str
    services: tuple[str, ...]
    edges: tuple[str, ...]
    max_instances: int
    tables: tuple[str, ...]
    services_left_out: tuple[str, ...]
    edges_left_out: tuple[str, ...]
    checks_left_out: tuple[str, ...]


class Manifest(_Part, frozen=True, kw_only=True):
    """The whole manifest; `sealed_at` is the wall clock of the machine that packed the run."""

    schema: Literal[1]
    name: str
    verdict: str
    reasons: tuple[str, ...]
    started_at: str
    sealed_at: str
    squall_version: str
    python: str
    cores: float
    again: str
    planned: Planned
    done: Done
    scope: Scope
    responsible: Responsible
    files: tuple[PackedFile, ...]


def manifest_of(
    stored: StoredRun,
    document: Document,
    responsible: Responsible,
    files: tuple[PackedFile, ...],
    sealed_at: str,
) -> Manifest:
    """The manifest of a judged run."""
    return Manifest(
        schema=PACK_SCHEMA,
        name=document.experiment,
        verdict=document.verdict,
        reasons=tuple(reason.text for reason in document.reasons),
        started_at=document.run.started_at,
        sealed_at=sealed_at,
        squall_version=document.run.squall_version,
        python=document.run.python,
        cores=document.run.cores,
        again=document.run.again,
        planned=_planned(stored),
        done=_done(stored, document),
        scope=_scope(stored, document),
        responsible=responsible,
        files=files,
    )


def _planned(stored: StoredRun) -> Planned:
    terms = stored.terms
    limits = (
        f"{o.name}: {o.metric}{f' of {o.edge}' if o.edge else ''} {o.must} {o.limit:g}"
        for o in terms.objectives
    )
    return Planned(
        question=terms.question,
        scenario=stored.manifest.scenario,
        seed=stored.manifest.seed,
        actions=tuple(step.name for step in stored.script.method),
        phases_s={
            name: float(value) for name, value in msgspec.structs.asdict(terms.phases).items()
        },
        objectives=tuple(limits),
    )


def _done(stored: StoredRun, document: Document) -> Done:
    return Done(
        ended=stored.manifest.ended,
        faults=tuple(
            DoneFault(
                name=fault.name,
                target=fault.target,
                verified_s=fault.verified_s,
                undone_s=fault.undone_s,
            )
            for fault in document.faults
        ),
        arrivals_scheduled=document.load.scheduled,
        arrivals_started=document.load.started,
    )


def _scope(stored: StoredRun, document: Document) -> Scope:
    radius, system = stored.terms.blast_radius, stored.system
    checks = document.checks.items()
    return Scope(
        system=system.name,
        services=radius.services,
        edges=radius.edges,
        max_instances=radius.max_instances,
        tables=stored.asked_for,
        services_left_out=tuple(s.name for s in system.services if s.name not in radius.services),
        edges_left_out=tuple(e.name for e in system.edges if e.name not in radius.edges),
        checks_left_out=tuple(name for name, check in checks if check.verdict == "not_checked"),
    )
