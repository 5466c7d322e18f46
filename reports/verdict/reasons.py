"""The reasons of a verdict: one sentence each, the gravest first."""

from __future__ import annotations

from collections.abc import Sequence

from reports.checks.base import Checked
from reports.inputs.names import say_names
from reports.measures.metric_table import metric_of
from reports.measures.page_model import Picture
from reports.measures.reason import Reason
from reports.measures.recovery import Recovery
from reports.render.format import say, say_felt, say_limit, say_metric
from reports.verdict.scorecard import ObjectiveResult, RecordsChecked


def about_checks(checks: Sequence[Checked]) -> list[Reason]:
    """Every class of violation that was found, with the first names."""
    return [
        Reason(
            code=found.kind.name,
            text=f"{found.kind.sentence(len(found.names))}: {say_names(found.names)}.",
        )
        for checked in checks
        for found in checked.violations
    ]


def any_proven(checks: Sequence[Checked]) -> bool:
    """Whether something is wrong that no imperfect load can explain."""
    return any(found.kind.proven for checked in checks for found in checked.violations)


def about_recovery(recovery: Recovery | None, *, metastable: bool) -> list[Reason]:
    """Never stable again, or kept down by its own retries."""
    found = []
    if recovery and recovery.censored:
        so_long = say(recovery.stable_recovery_s, "s")
        text = f"Service had not recovered when the load ended, {so_long} after the fault"
        found.append(Reason(code="not_recovered", text=f"{text} began."))
    if metastable:
        text = "After the end of the fault retries alone kept the system degraded, and did not get"
        text = f"{text} fewer."
        found.append(Reason(code="metastable", text=text))
    return found


def about_objectives(results: tuple[ObjectiveResult, ...], picture: Picture) -> list[Reason]:
    """Each objective that does not hold."""
    found = []
    for result, metric in zip(results, picture.metrics, strict=True):
        if result.verdict == "pass":
            continue
        value = say_metric(picture, metric, result.value)
        limit = say_limit(result.limit, result.unit)
        sign = "at most" if result.must == "<=" else "at least"
        words = metric_of(metric).words
        meaning = "" if words in result.name.lower() else f" ({words})"
        text = f"{result.name}: {value}, must be {sign} {limit}{meaning}."
        code = "objective_missing" if result.verdict == "missing" else "objective_failed"
        found.append(Reason(code=code, text=text[0].upper() + text[1:]))
    return found


def passed(picture: Picture, checks: Sequence[Checked]) -> Reason:
    """The one sentence of a run that passed."""
    felt = "Every objective holds" if picture.recovery is None else say_felt(picture.recovery)
    unmade = say_unmade(checks)
    return Reason(code="passed", text=f"{felt}{unmade or ', and every record is right'}.")


def say_unmade(checks: Sequence[Checked]) -> str:
    """Which checks of the records were not made, as the end of a sentence; empty if all were."""
    unmade = [checked.name for checked in checks if checked.verdict == "not_checked"]
    if len(unmade) == len(checks):
        return "; records: not checked"
    return f"; records: partly checked, not {', '.join(unmade)}" if unmade else ""


def records_checked(checks: Sequence[Checked]) -> RecordsChecked:
    """Whether every configured check of the records was made, some, or none."""
    made = [checked.verdict != "not_checked" for checked in checks]
    if not any(made):
        return "not checked"
    return "checked" if all(made) else "partly checked"
