"""Whether a comparison may be believed: PASS means measured, not that an arm is good."""

from __future__ import annotations

from collections.abc import Sequence

from harness.campaigns.compare.differences import Compared
from harness.campaigns.compare.strategy import Compare, wrong_records
from harness.campaigns.gate import MOST_REPLACED, replaced
from harness.campaigns.gate_document import Decision
from harness.campaigns.records import Attempt, Why


def decide(
    compare: Compare,
    seen: Sequence[Attempt],
    figures: Sequence[Compared],
    damage: Sequence[str] = (),
) -> tuple[Decision, tuple[Why, ...]]:
    """The decision and its reasons. `damage`: files that differ from the seal."""
    if damage:
        return "INVALID", tuple(Why(code="data_damaged", text=f"{text}.") for text in damage)
    if bad := wrong_records(seen):
        return "FAIL", tuple(_records(attempt) for attempt in bad)
    if why_not := _invalid(compare, seen):
        return "INVALID", tuple(why_not)
    if open_ones := [*_lacking(compare, seen), *_unmeasured(figures), *_single(compare)]:
        return "INCONCLUSIVE", tuple(open_ones)
    return "PASS", (Why(code="compared", text=told(figures)),)


def told(figures: Sequence[Compared]) -> str:
    """How many pairs of arms are shown to differ in something."""
    arms = len(figures[0].arms)
    pairs = {
        frozenset((one.arm, other))
        for each in figures
        for one in each.arms
        for other in one.better_than
    }
    return f"{len(pairs)} of {arms * (arms - 1) // 2} pairs of arms are shown to differ."


def _invalid(compare: Compare, seen: Sequence[Attempt]) -> list[Why]:
    bad = replaced(seen)
    if len(bad) > MOST_REPLACED:
        text = f"{len(bad)} runs were INVALID; at most {MOST_REPLACED} are replaced."
        return [Why(code="too_many_invalid", text=text), *map(_why_invalid, bad)]
    valid = {(a.request.cell, a.request.repeat) for a in seen if a.is_valid}
    lacking = {
        (a.request.cell, a.request.repeat): a
        for a in seen
        if (a.request.cell, a.request.repeat) not in valid and not a.interrupted
    }
    strange = [a for a in seen if a.request.cell not in compare.cells]
    text = "Attempt {} is of an arm or a column that is not here."
    return [
        *map(_why_invalid, lacking.values()),
        *(Why(code="strange_attempt", text=text.format(a.number)) for a in strange),
    ]


def _lacking(compare: Compare, seen: Sequence[Attempt]) -> list[Why]:
    """Runs that were not made, for the time was over."""
    made = {(a.request.cell, a.request.repeat) for a in seen if a.is_valid}
    wanted = len(compare.cells) * compare.repeats
    if len(made) >= wanted:
        return []
    text = f"{len(made)} of {wanted} runs were made in {compare.budget_s:g} s; raise budget_s."
    return [Why(code="budget_spent", text=text)]


def _unmeasured(figures: Sequence[Compared]) -> list[Why]:
    """A figure without a value in an arm: nothing is said of that arm."""
    if not figures:
        return [Why(code="no_figures", text="Nothing was measured, so nothing is compared.")]
    return [
        Why(code="not_measured", text=f"{one.column}: {one.metric} of {v.arm} has no value.")
        for one in figures
        for v in one.arms
        if v.mean is None and one.unit != "minor"
    ]


def _single(compare: Compare) -> list[Why]:
    if compare.repeats > 1:
        return []
    text = "One repeat has no interval, so no difference can be shown; it needs 1 more repeat."
    return [Why(code="one_repeat", text=text)]


def _why_invalid(attempt: Attempt) -> Why:
    outcome, asked = attempt.outcome, attempt.request
    said = attempt.error if outcome is None else " ".join(why.text for why in outcome.why)
    text = f"Attempt {attempt.number} ({asked.experiment}, {asked.arm}): {said}"
    return Why(code="invalid_run", text=text)


def _records(attempt: Attempt) -> Why:
    said = " ".join(why.text for why in attempt.outcome.violations) if attempt.outcome else ""
    name = f"{attempt.request.experiment}, {attempt.request.arm}"
    return Why(code="records_wrong", text=f"Attempt {attempt.number} ({name}): {said}")
