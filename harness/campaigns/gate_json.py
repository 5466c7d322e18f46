"""Makes gate.json from the attempts of a campaign."""

from __future__ import annotations

from collections.abc import Sequence

from harness.campaigns.baseline_comparison import against_baseline
from harness.campaigns.cell_decision import CellDecision
from harness.campaigns.containment import containment_of
from harness.campaigns.gate import Gate, money_violated, valid_of
from harness.campaigns.gate_decision import decide_gate, runs_needed
from harness.campaigns.gate_document import GATE_SCHEMA, AttemptLine, GateDocument, GateFacts
from harness.campaigns.plan import Plan, gate_of
from harness.campaigns.records import Attempt, Why
from harness.campaigns.score import Score, score_of_repeats, score_of_run, score_of_suite


def gate_document(plan: Plan, seen: Sequence[Attempt], damage: Sequence[str] = ()) -> GateDocument:
    """gate.json of these attempts; the same attempts give the same document."""
    gate = gate_of(plan)
    against = against_baseline(gate, plan.stored_baseline, seen)
    decision, reasons, cells = decide_gate(gate, seen, damage, against)
    scores = [score_of_cell(gate, cell, seen) for cell in cells]
    valid = decision != "INVALID"
    return GateDocument(
        schema=GATE_SCHEMA,
        suite=plan.suite.name,
        question=plan.suite.question,
        decision=decision,
        reasons=reasons,
        needs=runs_needed(gate, cells) if decision == "INCONCLUSIVE" else None,
        experiments=cells,
        regressions=against,
        scores=tuple(scores),
        score=score_of_suite(scores, gate.experiments) if valid else Score(),
        containment=containment_of(cells),
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


def score_of_cell(gate: Gate, cell: CellDecision, seen: Sequence[Attempt]) -> Score:
    """The score over the repeats; 0 if the records of any attempt are wrong."""
    key = (cell.experiment, cell.arm)
    wrong = [a for a in money_violated(seen) if a.request.cell == key and a.outcome is not None]
    counted = valid_of(key, seen, gate.rule.most)
    outcomes = [a.outcome for a in (*wrong, *counted) if a.outcome is not None]
    return score_of_repeats([score_of_run(outcome) for outcome in outcomes])


def attempt_lines(gate: Gate, seen: Sequence[Attempt]) -> tuple[AttemptLine, ...]:
    """The attempts as gate.json lists them."""
    return lines_of(gate.cells, seen)


def lines_of(cells: Sequence[tuple[str, str]], seen: Sequence[Attempt]) -> tuple[AttemptLine, ...]:
    """All attempts; those are counted that are the first valid ones of a repeat of these cells."""
    counted = {attempt.number for cell in cells for attempt in _counted(cell, seen)}
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
        points=None if outcome is None else score_of_run(outcome).points,
        reasons=tuple({why.text: why for why in said}.values()),
    )
