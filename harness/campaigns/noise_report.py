"""Makes noise.json from the attempts of a campaign."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import stdev

from harness.campaigns.gate import valid_of
from harness.campaigns.gate_decision import decide_gate
from harness.campaigns.gate_json import attempt_lines
from harness.campaigns.noise import DIFFERENCES, NoiseDocument, noise_of
from harness.campaigns.plan import Plan, gate_of
from harness.campaigns.records import CANDIDATE, Attempt, Why
from harness.campaigns.score import score_of_run


def noise_document(
    plan: Plan, seen: Sequence[Attempt], damage: Sequence[str], difference: float | None = None
) -> NoiseDocument:
    """The spread; `difference`: a further one whose repeats are wished."""
    gate = gate_of(plan)
    decision, reasons, (cell, *_) = decide_gate(gate, seen, damage)
    wrong = [why for why in reasons if why.code == "records_wrong"]
    if decision != "INVALID":
        decision, reasons = ("FAIL", tuple(wrong)) if wrong else ("PASS", ())
    if cell.repeats < gate.rule.least and decision == "PASS":
        text = f"Only {cell.repeats} of {gate.rule.least} repeats are valid."
        decision, reasons = "INVALID", (Why(code="too_few", text=text),)
    counted = valid_of((cell.experiment, CANDIDATE), seen, gate.rule.most)
    points = [score_of_run(a.outcome).points for a in counted if a.outcome is not None]
    known = [each for each in points if each is not None]
    asked = sorted({*DIFFERENCES, *(() if difference is None else (difference,))})
    return NoiseDocument(
        experiment=cell.experiment,
        decision=decision,
        reasons=reasons,
        repeats=cell.repeats,
        objectives=noise_of(cell, asked),
        score_sd=round(stdev(known), 3) if len(known) > 1 else None,
        attempts=attempt_lines(gate, seen),
    )
