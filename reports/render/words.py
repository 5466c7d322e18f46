"""The verdict in words, for the page's head and for the terminal's last lines."""

from __future__ import annotations

from reports.measures.page_model import Picture
from reports.render.format import say, say_felt, say_limit, say_metric, say_resolution
from reports.verdict.reasons import say_unmade
from reports.verdict.scorecard import (
    CheckFigures,
    Document,
    ObjectiveResult,
    Scorecard,
    StepFigures,
)


def headline(scorecard: Scorecard) -> str:
    """The verdict in one sentence, without the field's terms."""
    document = scorecard.document
    if document.verdict == "PASS":
        return document.reasons[0].text
    if document.verdict == "INVALID":
        return "This run is not a valid test: it proves nothing, neither good nor bad."
    return _records_wrong(scorecard) or _not_in_time(scorecard)


def _records_wrong(scorecard: Scorecard) -> str:
    """The gravest violation; nothing if there is none."""
    found = (found for checked in scorecard.checks for found in checked.violations)
    return next((f"{each.kind.sentence(len(each.names))}." for each in found), "")


def _not_in_time(scorecard: Scorecard) -> str:
    document = scorecard.document
    if any(reason.code == "not_recovered" for reason in document.reasons):
        return "Service did not recover."
    wrong = [reason.text for reason in document.reasons if not reason.code.startswith("objective")]
    if wrong:
        return wrong[0]
    failed = [result for result in document.objectives if result.verdict != "pass"]
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    unmade = say_unmade(scorecard.checks)
    what = "An" if unmade else "Every record is right, but an"
    return f"{what} objective was missed: {failed[0].name}{more}{unmade}."


def explanation(scorecard: Scorecard) -> str:
    """What happened, in two or three sentences."""
    picture, document = scorecard.picture, scorecard.document
    if document.verdict == "INVALID" or picture is None:
        return " ".join(reason.text for reason in document.reasons)
    parts = [f"{picture.title}.", _felt(picture)]
    if document.verdict == "PASS":
        parts.append(_records_right(document))
    return " ".join(part for part in parts if part)


def _records_right(document: Document) -> str:
    """The checks that found nothing wrong; empty if none was made."""
    passed = [name for name, check in document.checks.items() if check.verdict == "pass"]
    return f"No violation in the records: {', '.join(passed)}." if passed else ""


def closing_lines(scorecard: Scorecard, report: str) -> list[str]:
    """What stays on the screen at the end of a run: plain text, one line each, no colour.

    `report` is where the page was written.
    """
    document = scorecard.document
    rows: list[tuple[str, str]] = []
    if document.verdict != "PASS":
        rows += [("" if i else "why", r.text) for i, r in enumerate(document.reasons)]
        rows.append(("", ""))
    if document.remarks:
        rows += [("" if i else "remark", r.text) for i, r in enumerate(document.remarks)]
        rows.append(("", ""))
    if scorecard.picture is not None:
        rows += [*_figures(document, scorecard.picture), ("", "")]
    rows.append(("report", report))
    rows.append(("again", document.run.again))
    return [f"{document.verdict}  {headline(scorecard)}", "", *_table(rows)]


def records_line(document: Document) -> str:
    """What was acknowledged, and the outcome of each check."""
    acknowledged = document.intents.acknowledged
    if acknowledged is None:
        return "not checked: the run cannot be read"
    return f"{acknowledged:,} acknowledged; {checks_line(document)}"


def checks_line(document: Document) -> str:
    """Every check: ok, its violations with their counts, or not checked."""
    every = "; ".join(f"{name} {_outcome(check)}" for name, check in document.checks.items())
    return every or "records: not checked (no check is configured)"


def step_line(step: StepFigures) -> str:
    """How one request of the scenario went, over all intents."""
    ends = f"{step.ok:,} ok, {step.fail:,} refused, {step.info:,} unknown"
    took = ""
    if step.latency_ms_p50 is not None and step.latency_ms_p99 is not None:
        took = f"; p50 {step.latency_ms_p50:.1f} ms, p99 {step.latency_ms_p99:.1f} ms"
    return f"{step.intents:,} intents, {step.attempts:,} attempts: {ends}{took}"


def _outcome(check: CheckFigures) -> str:
    if check.verdict == "not_checked":
        return f"not checked ({check.why})"
    counts = (f"{found.count:,} {found.kind.replace('_', ' ')}" for found in check.violations)
    return ", ".join(counts) or "ok"


def counts_line(document: Document) -> str:
    """Why this run counts: load and fault, in one line."""
    load = document.load
    if load.scheduled is None or load.started is None:
        return "the load cannot be read"
    late = load.lateness_ms_p99
    lateness = "" if late is None else f", p99 {late:.1f} ms late"
    stages = [(f.verified_s, f.verified_undone_s) for f in document.faults]
    proven = bool(stages) and all(None not in pair for pair in stages)
    fault = "fault proven and undone" if proven else "fault NOT proven and undone"
    started = f"{load.started:,} of {load.scheduled:,} arrivals started{lateness}"
    return "; ".join(part for part in (started, _shared(document), fault) if part)


def _shared(document: Document) -> str:
    foreign, busy = document.machine.foreign_ratio, document.machine.busy_ratio_worst
    if foreign is None or busy is None:
        return ""
    limited = document.machine.limited_by
    cores = f" of {limited} cores" if limited else ""
    return f"CPU{cores} up to {busy:.0%} busy, {foreign:.1%} by others"


def value_of(result: ObjectiveResult, metric: str, picture: Picture) -> str:
    """The measured value of an objective, a lower bound shown as one."""
    return say_metric(picture, metric, result.value)


def limit_of(result: ObjectiveResult) -> str:
    """`limit 10 s` or `target 95 %`."""
    word = "limit" if result.must == "<=" else "target"
    return f"{word} {say_limit(result.limit, result.unit)}"


def _figures(document: Document, picture: Picture) -> list[tuple[str, str]]:
    rows = []
    for result, metric in zip(document.objectives, picture.metrics, strict=True):
        value = value_of(result, metric, picture)
        exact = say_resolution(picture, metric)
        mark = f"   {exact}" if exact else ""
        mark += "" if result.verdict == "pass" else f"   {result.verdict.upper()}"
        rows.append((result.name, f"{value:>8}   {limit_of(result)}{mark}"))
    if len(document.steps) > 1:
        rows += [(f"request {step.name}", step_line(step)) for step in document.steps]
    rows.append(("records", records_line(document)))
    rows.append(("this run counts", counts_line(document)))
    return rows


def _table(rows: list[tuple[str, str]]) -> list[str]:
    """Labels in one column, as wide as the longest of them; an empty row stays empty."""
    wide = max(len(label) for label, _ in rows) + 3
    return [f"  {label:<{wide}}{text}".rstrip() for label, text in rows]


def _felt(picture: Picture) -> str:
    recovery = picture.recovery
    if recovery is None:
        return ""
    if not recovery.episodes:
        return f"{say_felt(recovery)}."
    so_long = say(recovery.stable_recovery_s, "s", censored=recovery.censored)
    felt = [
        word
        for word, rate in (
            ("were slow", picture.windows.slow),
            ("failed", picture.windows.failed),
        )
        if rate.any()
    ]
    return f"For {so_long} some intents {' or '.join(felt)}."
