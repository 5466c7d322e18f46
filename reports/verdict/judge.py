"""A stored run in, a scorecard out: the only entry. No clock, no network, nothing but its files."""

from __future__ import annotations

from harness.errors import ConfigError, StoredRunError
from harness.files.whole_file import write_whole
from harness.store import (
    COMPLETE,
    Manifest,
    RunFolder,
    as_json,
    check_schema,
    read_manifest,
)
from reports.checks.base import Checked
from reports.inputs.stored import read_stored
from reports.measures.conducted import about_steady_state
from reports.measures.held import summary
from reports.measures.host_cpu import Sharing
from reports.measures.measure_run import Reading, read
from reports.measures.metrics import Seen
from reports.measures.outcomes import Outcomes
from reports.measures.phases import FaultLife
from reports.measures.recovery import Episode
from reports.render.page import render
from reports.verdict import validity
from reports.verdict.objectives import Measured, check_metrics, judge_objective, objectives_of
from reports.verdict.reasons import (
    about_checks,
    about_objectives,
    about_recovery,
    any_proven,
    passed,
)
from reports.verdict.scorecard import (
    DOCUMENT_SCHEMA,
    MOST_EXAMPLES,
    CheckFigures,
    DegradedFigures,
    Document,
    Fault,
    IntentFigures,
    Load,
    MachineFigures,
    Reason,
    RecoveryFigures,
    RunFacts,
    Scorecard,
    Verdict,
    ViolationFigures,
)


def judge(folder: RunFolder) -> Scorecard:
    """The verdict on a stored run.

    Whatever is missing, changed or cut makes it INVALID. Raises StoredRunError when there is no
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
    return _judge(reading)


def _damaged(manifest: Manifest, texts: tuple[str, ...]) -> Scorecard:
    return _unread(manifest, [f"{text}." for text in texts], "data_damaged")


def write(folder: RunFolder, scorecard: Scorecard) -> None:
    """Keep verdict.json and report.html with the run. Raises OSError (no space, no permission)."""
    write_whole(folder.verdict, document(scorecard))
    write_whole(folder.report, render(scorecard).encode("utf-8"))


def document(scorecard: Scorecard) -> bytes:
    """verdict.json."""
    return as_json(scorecard.document)


def _judge(reading: Reading) -> Scorecard:
    stored, checks = reading.stored, reading.checks
    results = tuple(
        judge_objective(objective, reading.measured[objective.metric])
        for objective in objectives_of(stored.terms)
    )
    data = [*validity.about_data(stored), *validity.about_checks(checks, stored.terms.evidence)]
    conditions = [*validity.about_faults(reading.faults, stored), *_conditions(reading)]
    violations = about_checks(checks)
    missed = [
        *about_steady_state(stored.journal),
        *about_recovery(reading.seen.recovery, metastable=reading.picture.metastable),
        *about_objectives(results, reading.picture),
    ]
    verdict, reasons = _weigh(data, conditions, violations, missed, proven=any_proven(checks))
    manifest = stored.manifest
    return Scorecard(
        document=Document(
            schema=DOCUMENT_SCHEMA,
            experiment=manifest.experiment,
            scenario=manifest.scenario,
            seed=manifest.seed,
            run=_facts(manifest),
            verdict=verdict,
            reasons=reasons or (passed(reading.picture),),
            remarks=tuple(validity.remarks_about_machine(reading.sharing)),
            faults=tuple(_fault(life) for life in reading.faults),
            load=reading.delivery.figures(),
            machine=_machine(reading.sharing),
            recovery=_recovery(reading.seen, reading.measured),
            intents=_intents(reading.picture.outcomes),
            checks={checked.name: _check(checked) for checked in checks},
            objectives=results,
        ),
        picture=reading.picture,
        checks=checks,
    )


def _conditions(reading: Reading) -> list[Reason]:
    found = validity.about_machine(reading.sharing)
    if reading.stored.manifest.ended != COMPLETE:
        return found  # the harness stopped the load: what is missing of it needs no reason
    found += validity.about_load(reading.delivery)
    if reading.before is not None:
        found += validity.about_baseline(reading.before, reading.stored.terms.good.target)
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


def _machine(seen: Sharing | None) -> MachineFigures:
    if seen is None:
        return MachineFigures()
    return MachineFigures(
        cores=round(seen.cores, 3),
        limited_by=seen.limited_by,
        foreign_ratio=round(seen.whole.foreign, 4),
        foreign_ratio_worst=round(seen.foreign_worst, 4),
        busy_ratio_worst=round(seen.busy_worst, 4),
        waited_ratio_worst=round(seen.waited_worst, 4),
        takers=seen.whole.takers,
    )


def _fault(life: FaultLife) -> Fault:
    def at(stage: str) -> float | None:
        return round(life.at_s[stage], 6) if stage in life.at_s else None

    return Fault(
        name=life.name,
        target=life.target,
        asked_s=at("asked"),
        injected_s=at("injected"),
        verified_s=at("verified"),
        undone_s=at("undone"),
        verified_undone_s=at("verified_undone"),
        evidence={**life.proof, **({"held": held} if (held := summary(life)) else {})},
    )


def _recovery(seen: Seen, measured: dict[str, Measured]) -> RecoveryFigures:
    def of(name: str) -> float | None:
        value = measured[name].value
        return None if value is None else round(value, 6)

    found, f0_s = seen.recovery, 0.0 if seen.window is None else seen.window.begin_s
    return RecoveryFigures(
        time_to_degrade_s=of("time_to_degrade_s"),
        time_to_detect_s=of("time_to_detect_s"),
        first_recovery_s=of("first_recovery_s"),
        stable_recovery_s=of("stable_recovery_s"),
        recovery_after_clear_s=of("recovery_after_clear_s"),
        censored=found is not None and found.censored,
        lost_s=of("lost_s"),
        budget_used_ratio=of("budget_used_ratio"),
        resolution_s=None if found is None else round(found.resolution_s, 6),
        arrivals=None if found is None else found.arrivals,
        bad=None if found is None else found.bad,
        episodes=None if found is None else _degraded(found.episodes, f0_s),
        short_dips=None if found is None else _degraded(found.micro_dips, f0_s),
    )


def _degraded(found: tuple[Episode, ...], f0_s: float) -> tuple[DegradedFigures, ...]:
    return tuple(
        DegradedFigures(
            begin_s=round(each.begin_s - f0_s, 6),
            end_s=None if each.end_s is None else round(each.end_s - f0_s, 6),
            arrivals=each.arrivals,
            bad=each.bad,
            worst_bad_ratio=round(each.worst_bad_ratio, 6),
        )
        for each in found
    )


def _intents(found: Outcomes) -> IntentFigures:
    return IntentFigures(
        attempts=found.attempts,
        acknowledged=found.acknowledged,
        refused=found.refused,
        unknown=found.unknown,
        unstarted=found.unstarted,
        unknown_at_first=found.unknown_at_first,
    )


def _check(checked: Checked) -> CheckFigures:
    violations = tuple(
        ViolationFigures(
            kind=found.kind.name,
            count=len(found.names),
            examples=found.names[:MOST_EXAMPLES],
            proof=found.proof,
        )
        for found in checked.violations
    )
    return CheckFigures(verdict=checked.verdict, violations=violations, why=checked.why)
