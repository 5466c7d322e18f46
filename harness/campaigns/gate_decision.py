"""The decision of a gate over all its experiments, from the attempts of a campaign."""

from __future__ import annotations

from collections.abc import Sequence

from harness.campaigns.baseline_comparison import about_empty, about_regression
from harness.campaigns.cell_decision import CellDecision
from harness.campaigns.gate import MOST_REPLACED, Gate, money_violated, replaced
from harness.campaigns.gate_document import Decision
from harness.campaigns.records import CANDIDATE, Attempt, Why
from harness.campaigns.regression import Regression


def decide_gate(
    gate: Gate,
    seen: Sequence[Attempt],
    damage: Sequence[str] = (),
    against: Sequence[Regression] = (),
) -> tuple[Decision, tuple[Why, ...], tuple[CellDecision, ...]]:
    """The decision, its reasons and the experiments. `damage`: files that differ from the seal."""
    cells = tuple(gate.decide((name, CANDIDATE), seen) for name in gate.experiments)
    if damage:
        found = [Why(code="data_damaged", text=f"{text}.") for text in damage]
        return "INVALID", tuple(found), cells
    if bad := money_violated(seen):
        return "FAIL", tuple(_records(attempt) for attempt in bad), cells
    failed = [_of(cell, why) for cell in cells if cell.verdict == "FAIL" for why in cell.reasons]
    if failed := [*failed, *(about_regression(each) for each in against if each.worse)]:
        return "FAIL", tuple(failed), cells
    if why_not := [*_invalid(gate, seen), *about_empty(against)]:
        return "INVALID", tuple(why_not), cells
    undecided = [cell for cell in cells if cell.verdict != "PASS"]
    if undecided or not cells:
        return "INCONCLUSIVE", tuple(_open(gate, cell) for cell in undecided), cells
    text = f"Every objective of {_count(len(cells), 'experiment')} holds in all repeats."
    return "PASS", (Why(code="passed", text=text),), cells


def runs_needed(gate: Gate, cells: Sequence[CellDecision]) -> int | None:
    """How many more runs would decide the gate; None where that is not known."""
    needs = [cell.needs for cell in cells if cell.verdict == "UNDECIDED"]
    known = [each for each in needs if each is not None]
    return sum(known) * len(gate.arms) if known and len(known) == len(needs) else None


def _invalid(gate: Gate, seen: Sequence[Attempt]) -> list[Why]:
    """Why the campaign proves nothing; every repeat that was begun needs a valid run."""
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
    found = [_why_invalid(attempt) for attempt in lacking.values()]
    names = {name for name, _ in gate.cells}
    for attempt in seen:
        if attempt.request.experiment not in names:
            text = f"Attempt {attempt.number} is of {attempt.request.experiment}, which is not here"
            found.append(Why(code="strange_attempt", text=f"{text}."))
    return found


def _why_invalid(attempt: Attempt) -> Why:
    outcome = attempt.outcome
    said = attempt.error if outcome is None else " ".join(why.text for why in outcome.why)
    name = attempt.request.experiment
    return Why(code="invalid_run", text=f"Attempt {attempt.number} ({name}): {said}")


def _records(attempt: Attempt) -> Why:
    said = " ".join(why.text for why in attempt.outcome.violations) if attempt.outcome else ""
    name = attempt.request.experiment
    return Why(code="records_wrong", text=f"Attempt {attempt.number} ({name}): {said}")


def _of(cell: CellDecision, why: Why) -> Why:
    return Why(code=why.code, text=f"{cell.experiment}: {why.text}")


def _open(gate: Gate, cell: CellDecision) -> Why:
    if cell.needs is None:
        needs = "its value is too close to the limit to be told apart from it"
    else:
        needs = f"needs {_count(cell.needs, 'more repeat')}"
    limit = "" if cell.repeats >= gate.rule.most else f" (budget {gate.budget_s:g} s)"
    because = "; ".join(why.text for why in cell.reasons)
    done = _count(cell.repeats, "repeat")
    text = f"{cell.experiment}: not decided after {done}{limit}; {needs}. {because}".strip()
    return Why(code="undecided", text=text)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
