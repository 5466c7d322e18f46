"""Judges a stored run: reads its files, returns a scorecard; no clock, no network."""

from __future__ import annotations

import msgspec

from harness.errors import ConfigError, StoredRunError
from harness.experiment import Objective
from harness.store import (
    COMPLETE,
    Manifest,
    RunFolder,
    as_json,
    check_schema,
    read_manifest,
)
from reports.inputs.stored import read_stored
from reports.measures.baseline_check import about_baseline
from reports.measures.conducted import about_steady_state
from reports.measures.edge_attempts import PER_CALL, of_edge
from reports.measures.guards import about_guards, absorbed
from reports.measures.load_figures import Load
from reports.measures.marks import about_marks
from reports.measures.measure_run import Reading, read
from reports.measures.metric_table import Measured
from reports.measures.reason import Reason
from reports.measures.required_objectives import objectives_of
from reports.verdict import figures, validity
from reports.verdict.likely import with_causes
from reports.verdict.objectives import check_metrics, judge_objective
from reports.verdict.reasons import (
    about_checks,
    about_objectives,
    about_recovery,
    any_proven,
    passed,
    records_checked,
)
from reports.verdict.scorecard import (
    DOCUMENT_SCHEMA,
    Document,
    IntentFigures,
    MachineFigures,
    RecoveryFigures,
    RunFacts,
    Scorecard,
    Verdict,
)


def judge(folder: RunFolder) -> Scorecard:
    """The verdict on a stored run.

    Missing, changed or truncated data makes it INVALID. Raises StoredRunError when there is no
    run at all (no seal or no manifest), ConfigError when an objective names no known metric.
    """
    check_schema(folder)
    seal = folder.check_seal()
    manifest = read_manifest(folder)
    if seal.damage:
        return _damaged(manifest, seal.damage)
    scorecard = _judge_sealed(folder, manifest)
    changed = seal.changed()  # the content that was read may differ from the seal
    return _damaged(manifest, changed) if changed else scorecard


def _judge_sealed(folder: RunFolder, manifest: Manifest) -> Scorecard:
    try:
        stored = read_stored(folder)
    except (StoredRunError, ConfigError, OSError) as error:
        return _unreadable(folder, manifest, error)
    check_metrics(stored.terms, folder.experiment)
    try:  # large files are only read now
        reading = read(stored)
    except (StoredRunError, OSError) as error:
        return _unreadable(folder, manifest, error)
    return with_causes(_judge(reading))


def _damaged(manifest: Manifest, texts: tuple[str, ...]) -> Scorecard:
    return _unread(manifest, [f"{text}." for text in texts], "data_damaged")


def document(scorecard: Scorecard) -> bytes:
    """verdict.json."""
    return as_json(scorecard.document)


def _judge(reading: Reading) -> Scorecard:
    stored, checks = reading.stored, reading.checks
    results = (
        *(judge_objective(o, _measured(reading, o)) for o in objectives_of(stored.terms)),
        *(judge_objective(one, one.measured) for one in reading.slos),
    )
    data = validity.about_data(stored, reading.impossible)
    data += validity.about_checks(checks, stored.asked_for)
    conditions = [*_about_faults(reading), *_conditions(reading)]
    violations = about_checks(checks)
    missed = [
        *about_steady_state(stored.journal),
        *about_recovery(reading.seen.recovery, metastable=reading.picture.metastable),
        *about_objectives(results, reading.picture),
    ]
    verdict, reasons = _weigh(data, conditions, violations, missed, proven=any_proven(checks))
    guards = absorbed(stored.events)
    if verdict == "PASS":
        verdict, reasons = _with_guards(reading, guards)
    manifest = stored.manifest
    return Scorecard(
        document=Document(
            schema=DOCUMENT_SCHEMA,
            experiment=manifest.experiment,
            scenario=manifest.scenario,
            seed=manifest.seed,
            run=_facts(manifest),
            verdict=verdict,
            reasons=reasons or (passed(reading.picture, checks),),
            remarks=_remarks(reading),
            faults=tuple(figures.fault_figures(life) for life in reading.faults),
            load=msgspec.structs.replace(
                reading.delivery.figures(),
                open_loop=stored.open_loop,
                clock_error_ms=stored.clock_error_ms,
            ),
            machine=figures.machine_figures(reading.sharing),
            recovery=figures.recovery_figures(reading.seen, reading.measured),
            intents=figures.intents_figures(reading.picture.outcomes),
            steps=figures.steps_figures(reading.picture.steps),
            guards=guards,
            edges=figures.edges_figures(reading.seen.edges),
            records=records_checked(checks),
            checks={checked.name: figures.check_figures(checked) for checked in checks},
            objectives=results,
        ),
        picture=reading.picture,
        checks=checks,
    )


def _measured(reading: Reading, objective: Objective) -> Measured:
    """What an objective limits; some metrics have a figure for each edge."""
    if objective.metric == PER_CALL:
        return of_edge(reading.seen.edges, objective.edge)
    return reading.measured[objective.metric]


def _about_faults(reading: Reading) -> list[Reason]:
    """In a watch others inject the faults, without a journal that could be compared."""
    stored = reading.stored
    if not stored.terms.watch:
        return validity.about_faults(reading.faults, stored)
    own = tuple(life for life in reading.faults if not life.marked)
    found = validity.about_lives(own, stored)
    if stored.manifest.ended == COMPLETE:
        found += about_marks(reading.faults, stored, reading.seen.recovery, reading.picture.windows)
    return found


def _conditions(reading: Reading) -> list[Reason]:
    found = validity.about_machine(reading.sharing)
    if reading.stored.manifest.ended != COMPLETE:
        return found  # the harness stopped the load: what is missing of it needs no reason
    found += validity.about_load(reading.delivery)
    if reading.before is not None:
        found += about_baseline(reading.before, reading.stored.terms.good.target)
    if reading.trace is not None:
        found += validity.about_tail(reading.trace)
    return found


def _weigh(
    data: list[Reason],
    conditions: list[Reason],
    violations: list[Reason],
    missed: list[Reason],
    *,
    proven: bool,
) -> tuple[Verdict, tuple[Reason, ...]]:
    """Incomplete data prove nothing; wrong money is wrong under any load; else conditions rule."""
    if data:
        return "INVALID", (*data, *conditions)
    if proven:
        return "FAIL", (*violations, *missed, *conditions)
    if conditions:
        return "INVALID", tuple(conditions)
    if violations or missed:
        return "FAIL", (*violations, *missed)
    return "PASS", ()


def _remarks(reading: Reading) -> tuple[Reason, ...]:
    return (
        *validity.remarks_about_machine(reading.sharing),
        *validity.remarks_about_run(reading.stored),
        *validity.remarks_about_asked(reading.stored, reading.checks),
    )


def _with_guards(reading: Reading, seen: dict[str, int]) -> tuple[Verdict, tuple[Reason, ...]]:
    """A run that would pass is inconclusive if a required guard absorbed nothing."""
    idle = about_guards(reading.stored.terms.guards, seen, reading.picture.outcomes)
    return ("INCONCLUSIVE", tuple(idle)) if idle else ("PASS", ())


def _unreadable(folder: RunFolder, manifest: Manifest, error: Exception) -> Scorecard:
    text = str(error).replace(f"{folder.root}/", "")
    return _unread(manifest, [f"{text}."], "data_unreadable")


def _unread(manifest: Manifest, texts: list[str], code: str) -> Scorecard:
    """A run whose files cannot be trusted: nothing is claimed of it."""
    return Scorecard(
        document=Document(
            schema=DOCUMENT_SCHEMA,
            experiment=manifest.experiment,
            scenario=manifest.scenario,
            seed=manifest.seed,
            run=_facts(manifest),
            verdict="INVALID",
            reasons=tuple(Reason(code=code, text=text[0].upper() + text[1:]) for text in texts),
            faults=(),
            load=Load(),
            machine=MachineFigures(),
            recovery=RecoveryFigures(),
            intents=IntentFigures(),
            checks={},
            objectives=(),
        )
    )


def _facts(manifest: Manifest) -> RunFacts:
    return RunFacts(
        path=manifest.path,
        squall_version=manifest.squall_version,
        python=manifest.python,
        cores=manifest.cores,
        started_at=manifest.started_at,
        again=manifest.again or f"squall run {manifest.experiment} --seed {manifest.seed}",
    )
