"""The decision of a gate over all its experiments, from the attempts of a campaign."""

from __future__ import annotations

from collections.abc import Sequence

from harness.campaigns.cell_decision import CellDecision
from harness.campaigns.gate import MOST_REPLACED, Gate, money_violated, replaced
from harness.campaigns.gate_document import (
    GATE_SCHEMA,
    AttemptLine,
    Decision,
    GateDocument,
    GateFacts,
)
from harness.campaigns.plan import Plan, gate_of
from harness.campaigns.records import CANDIDATE, Attempt, Why


def gate_document(plan: Plan, seen: Sequence[Attempt], damage: Sequence[str] = ()) -> GateDocument:
    """gate.json of these attempts; the same attempts give the same document."""
    gate = gate_of(plan)
    decision, reasons, cells = decide_gate(gate, seen, damage)
    return GateDocument(
        schema=GATE_SCHEMA,
        suite=plan.suite.name,
        question=plan.suite.question,
        decision=decision,
        reasons=reasons,
        needs=runs_needed(gate, cells) if decision == "INCONCLUSIVE" else None,
        experiments=cells,
        attempts=attempt_lines(gate, seen),
        campaign=GateFacts(
            path=plan.path,
            squall_version=plan.squall_version,
            started_at=plan.started_at,
            seed=gate.seed,
            least=gate.rule.least,
            most=gate.rule.most,
            jitter_s=gate.jitter_s,
            budget_s=gate.budget_s,
            spent_s=round(gate.spent_s(seen), 3),
            again=plan.again,
        ),
    )


def decide_gate(
    gate: Gate, seen: Sequence[Attempt], damage: Sequence[str] = ()
) -> tuple[Decision, tuple[Why, ...], tuple[CellDecision, ...]]:
    """The decision, its reasons and the experiments. `damage`: files that differ from the seal."""
    cells = tuple(gate.decide((name, CANDIDATE), seen) for name in gate.experiments)
    if damage:
        found = [Why(code="data_damaged", text=f"{text}.") for text in damage]
        return "INVALID", tuple(found), cells
    if bad := money_violated(seen):
        return "FAIL", tuple(_records(attempt) for attempt in bad), cells
    if failed := [(cell, why) for cell in cells if cell.verdict == "FAIL" for why in cell.reasons]:
        return "FAIL", tuple(_of(cell, why) for cell, why in failed), cells
    if why_not := _invalid(gate, seen):
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


def attempt_lines(gate: Gate, seen: Sequence[Attempt]) -> tuple[AttemptLine, ...]:
    """The attempts as gate.json lists them."""
    counted = {attempt.number for cell in gate.cells for attempt in _counted(cell, seen)}
    return tuple(_line(attempt, attempt.number in counted) for attempt in seen)


def _counted(cell: tuple[str, str], seen: Sequence[Attempt]) -> list[Attempt]:
    repeats = set[int]()
    found = []
    for attempt in seen:
        if attempt.request.cell == cell and attempt.is_valid:
            if attempt.request.repeat not in repeats:
                found.append(attempt)
            repeats.add(attempt.request.repeat)
    return found


def _line(attempt: Attempt, counted: bool) -> AttemptLine:
    outcome = attempt.outcome
    said = () if outcome is None else (*outcome.violations, *outcome.why)
    if outcome is None:
        said = (Why(code="no_run", text=attempt.error or "There is no run."),)
    return AttemptLine(
        number=attempt.number,
        request=attempt.request,
        run=attempt.run,
        took_s=round(attempt.took_s, 3),
        counted=counted,
        verdict=None if outcome is None else outcome.verdict,
        reasons=tuple({why.text: why for why in said}.values()),
    )


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
