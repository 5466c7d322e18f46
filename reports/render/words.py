"""The verdict in sentences, for the page's head and for the terminal's last lines."""

from __future__ import annotations

from reports.measures.page_model import Picture
from reports.render.felt_words import say_felt, say_good
from reports.render.format import say_limit, say_metric
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
    if document.verdict == "INCONCLUSIVE":
        return "Every objective holds, but a guard that was to be tested did nothing."
    if document.verdict == "INVALID":
        return "This run is not a valid test: it proves nothing, neither good nor bad."
    return _records_wrong(scorecard) or _not_in_time(scorecard)


def _records_wrong(scorecard: Scorecard) -> str:
    """The gravest violation; nothing if there is none."""
    found = (found for checked in scorecard.checks for found in checked.violations)
    return next((f"{each.kind.sentence(len(each.names))}." for each in found), "")


def _not_in_time(scorecard: Scorecard) -> str:
    document = scorecard.document
    right = _records_right(scorecard)
    if any(reason.code == "not_recovered" for reason in document.reasons):
        return f"Service did not recover{right and f'; {right}'}."
    wrong = [reason.text for reason in document.reasons if not reason.code.startswith("objective")]
    if wrong:
        return wrong[0]
    failed = [result for result in document.objectives if result.verdict != "pass"]
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    what = f"{right[0].upper()}{right[1:]}, but an" if right else "An"
    return f"{what} objective was missed: {failed[0].name}{more}{say_unmade(scorecard.checks)}."


def _records_right(scorecard: Scorecard) -> str:
    """Only where every configured check was made and found nothing."""
    made = [checked.verdict == "pass" for checked in scorecard.checks]
    return "every record is right" if made and all(made) else ""


def explanation(scorecard: Scorecard) -> str:
    """What happened, in two to four sentences; of an INVALID run only why it proves nothing."""
    picture, document = scorecard.picture, scorecard.document
    if document.verdict == "INVALID" or picture is None:
        return " ".join(reason.text for reason in document.reasons)
    parts = [f"{picture.title.rstrip('.')}.", say_felt(picture) or say_good(picture)]
    parts.append(_records(scorecard))
    return " ".join(part for part in parts if part)


def _records(scorecard: Scorecard) -> str:
    """What the checks of the records came to; all that is wrong beside the headline."""
    document, picture = scorecard.document, scorecard.picture
    found = [found for checked in scorecard.checks for found in checked.violations]
    if not found:
        passed = [name for name, check in document.checks.items() if check.verdict == "pass"]
        return f"No violation in the records: {', '.join(passed)}." if passed else ""
    further = "; ".join(each.kind.sentence(len(each.names)) for each in found[1:])
    parts = [f"Beside that, {further}."] if further else []
    if _looked_good(picture):
        parts.append("The answers looked good: only the records show it.")
    return " ".join(parts)


def _looked_good(picture: Picture | None) -> bool:
    recovery = None if picture is None else picture.recovery
    return recovery is not None and not recovery.bad


def records_line(document: Document) -> str:
    """What was acknowledged, and the outcome of each check."""
    acknowledged = document.intents.acknowledged
    if acknowledged is None:
        return "not checked: the run cannot be read"
    judged = "not judged" if document.verdict == "INVALID" else checks_line(document)
    return f"{acknowledged:,} acknowledged; {judged}"


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
    if load.clock_error_ms:
        lateness += f", clocks of the load workers within {load.clock_error_ms:.2f} ms"
    stages = [(f.verified_s, f.verified_undone_s) for f in document.faults]
    proven = bool(stages) and all(None not in pair for pair in stages)
    fault = "fault proven and undone" if proven else "fault NOT proven and undone"
    if any(remark.code == "control_run" for remark in document.remarks):
        fault = "no fault, as asked"
    started = f"{load.started:,} of {load.scheduled:,} arrivals started{lateness}"
    return "; ".join(part for part in (started, _shared(document), fault) if part)


def _shared(document: Document) -> str:
    machine = document.machine
    foreign, busy = machine.foreign_ratio, machine.busy_ratio_worst
    if foreign is None or busy is None:
        return ""
    cores = f" of {machine.limited_by} cores" if machine.limited_by else ""
    who = f" ({', '.join(machine.takers)})" if document.verdict == "INVALID" else ""
    return (
        f"CPU{cores} up to {busy:.0%} busy, {foreign:.1%} by others{who if machine.takers else ''}"
    )


def value_of(result: ObjectiveResult, metric: str, picture: Picture) -> str:
    """The measured value of an objective, a lower bound shown as one."""
    return say_metric(picture, metric, result.value)


def limit_of(result: ObjectiveResult) -> str:
    """`limit 10 s` or `target 95 %`."""
    word = "limit" if result.must == "<=" else "target"
    return f"{word} {say_limit(result.limit, result.unit)}"


def verdict_of(result: ObjectiveResult, document: Document) -> str:
    """`pass`, `fail`, `no verdict`; an INVALID run judges no objective."""
    if document.verdict == "INVALID":
        return "not judged"
    return {"pass": "pass", "fail": "fail"}.get(result.verdict, "no verdict")


def counts_title(document: Document) -> str:
    """`this run counts`, or that it does not."""
    return "this run does not count" if document.verdict == "INVALID" else "this run counts"
