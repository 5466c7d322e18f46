"""The figures of the page: four key figures, the times of the recovery, the objectives."""

from __future__ import annotations

from typing import Final

from reports.measures.page_model import Picture
from reports.render import svg
from reports.render.format import BOUNDARIES, say, say_limit, say_metric, say_resolution
from reports.render.markup import escape, scrolled
from reports.render.style import CALM, FAILED, GOOD, INK, QUIET
from reports.render.words import checks_line, limit_of, value_of, verdict_of
from reports.verdict.scorecard import Document, ObjectiveResult

_MARK: Final = {"pass": "✓ pass", "fail": "✗ fail", "no verdict": "? no verdict"}
_TIMES: Final = (
    ("time_to_degrade_s", "until the first operations went bad"),
    ("time_to_detect_s", "until the system itself reported it: a breaker, an alert, lost health"),
    ("first_recovery_s", "until service was good for the first time"),
    ("stable_recovery_s", "until service was good and stayed good"),
    ("recovery_after_clear_s", "from the end of the fault to stable recovery"),
)


def key_figures(document: Document, picture: Picture) -> str:
    """Recovery, good share, lost seconds, acknowledged intents."""
    recovery, good = document.recovery, picture.good_ratio_fault
    exact = say_resolution(picture, "stable_recovery_s")
    figures = [
        (
            say_metric(picture, "stable_recovery_s", recovery.stable_recovery_s),
            f"from the fault to stable recovery{exact and f' ({exact})'}"
            + _limit(document, picture, "stable_recovery_s"),
        ),
        (
            say_metric(picture, "good_ratio_fault", good),
            f"good during the fault{_limit(document, picture, 'good_ratio_fault')}",
        ),
        (
            say_metric(picture, "lost_s", recovery.lost_s),
            f"of complete outage would have lost as much{_budget(document, picture)}",
        ),
        (f"{picture.outcomes.acknowledged:,}", f"acknowledged; {_records(document)}"),
    ]
    cells = "".join(f"<div><b>{escape(a)}</b><span>{escape(b)}</span></div>" for a, b in figures)
    return f'<div class="key">{cells}</div>'


def recovery_table(document: Document, picture: Picture) -> str:
    """The times of the recovery, each with its meaning; empty where there is no fault."""
    if picture.recovery is None:
        return ""
    figures = document.recovery
    rows = ""
    for metric, words in _TIMES:
        value: float | None = getattr(figures, metric)
        told = _missing(metric, picture) if value is None else say_metric(picture, metric, value)
        if metric in BOUNDARIES and metric in picture.censored and value is not None:
            told = f"not reached ({told})"
        elif metric == "recovery_after_clear_s" and value == 0:
            told = "before the end"
        rows += f'<tr><td class="n">{escape(told)}</td><td>{words}</td></tr>'
    head = '<tr><th scope="col">after</th><th scope="col">what happened</th></tr>'
    note = "counted from the proof of the fault"
    if picture.control:
        note = "counted from the time at which an experiment would inject its fault"
    return (
        f"<h2>The recovery <small>{note}</small></h2>"
        f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    )


def _missing(metric: str, picture: Picture) -> str:
    """What it means that this time does not exist."""
    recovery = picture.recovery
    if metric == "time_to_detect_s":
        return "never reported"
    if metric == "time_to_degrade_s" and recovery is not None and not recovery.episodes:
        return "never"
    return "not measured"


def objectives_table(document: Document, picture: Picture) -> str:
    """One row an objective, with its bar; grey and without a verdict for an INVALID run."""
    if not document.objectives:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(result.name)}</th><td>{_sign(result)} '
        f"{say_limit(result.limit, result.unit)}</td>"
        f'<td class="n">{escape(value_of(result, metric, picture))}{_within(picture, metric)}</td>'
        f'<td class="bar">{_bar(result, document)}</td>'
        f"{_verdict(result, document)}</tr>"
        for result, metric in zip(document.objectives, picture.metrics, strict=True)
    )
    names = ("objective", "limit", "measured", "on a scale", "verdict")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    note = "the tick is the limit"
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"<h2>Objectives <small>{note}</small></h2>{scrolled(table, 'Objectives')}"


def _within(picture: Picture, metric: str) -> str:
    exact = say_resolution(picture, metric)
    return f" <small>{escape(exact)}</small>" if exact else ""


def _verdict(result: ObjectiveResult, document: Document) -> str:
    said = verdict_of(result, document)
    kind = {"not judged": "grey", "no verdict": "missing"}.get(said, said)
    return f'<td class="v {kind}">{_MARK.get(said, said)}</td>'


def _sign(result: ObjectiveResult) -> str:
    return "≤" if result.must == "<=" else "≥"


def _records(document: Document) -> str:
    return "records not judged" if document.verdict == "INVALID" else checks_line(document)


def _budget(document: Document, picture: Picture) -> str:
    used = document.recovery.budget_used_ratio
    if used is None:
        return ""
    target = say_limit(picture.good_target, "ratio")
    return f"; {say(used, 'ratio')} of a month's error budget at {target}"


def _limit(document: Document, picture: Picture, wanted: str) -> str:
    """The limit of the first objective on that metric, if there is one."""
    pairs = zip(document.objectives, picture.metrics, strict=True)
    return next((f", {limit_of(result)}" for result, metric in pairs if metric == wanted), "")


def _bar(result: ObjectiveResult, document: Document) -> str:
    """Value and limit on one scale; ratios near 1 on a scale that starts where it can be seen."""
    if result.value is None:
        return ""
    low = 0.0
    if result.unit == "ratio" and result.must == ">=":
        low = max(0.0, min(result.value, result.limit) - (1 - result.limit))
    high = 1.0 if result.unit == "ratio" and low else max(result.value, result.limit, 1e-9) * 1.15
    scale = 216 / max(high - low, 1e-9)
    wide = min(max((result.value - low) * scale, 1), 216)
    tick = min(max((result.limit - low) * scale, 0), 216)
    colour = GOOD if result.verdict == "pass" else FAILED
    colour = QUIET if document.verdict == "INVALID" else colour
    marks = svg.rect((0, 6), (216, 8), CALM, round_px=4)
    marks += svg.rect((0, 6), (wide, 8), colour, round_px=4)
    marks += svg.line((tick, 1), (tick, 19), INK, width=2)
    return f'{svg.opened((220, 20))} aria-hidden="true">{marks}</svg>'
