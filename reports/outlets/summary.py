"""What every outlet says: the summary of a run or of a gate, without pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.campaigns.gate_document import GateDocument
from harness.campaigns.objective_decision import ObjectiveDecision
from harness.inert_text import inert
from reports.render.format import say, say_limit
from reports.verdict.scorecard import CheckFigures, Document, ObjectiveResult

Word = Literal["PASS", "FAIL", "INCONCLUSIVE", "INVALID"]
State = Literal["pass", "fail", "missing", "not judged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One limit or one check of the records; `value` and `limit` in the base unit.

    `state` not judged: the run or the gate does not allow a statement. `missing`: there is no
    value, which is never a pass.
    """

    name: str
    kind: Literal["objective", "records"]
    state: State
    detail: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictSummary:
    """One verdict. `facts` say what was run, in words; `again` is the command that repeats it."""

    name: str
    verdict: Word
    reasons: tuple[str, ...]
    cases: tuple[Case, ...]
    remarks: tuple[str, ...] = ()
    started_at: str = ""
    again: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)

    def count(self, *states: State) -> int:
        """How many cases are in one of these states."""
        return sum(case.state in states for case in self.cases)


def summary_of_run(document: Document) -> VerdictSummary:
    """The summary of one run. In an INVALID run nothing is judged, whatever its figures are."""
    judged = document.verdict != "INVALID"
    return VerdictSummary(
        name=inert(document.experiment),
        verdict=document.verdict,
        reasons=tuple(inert(reason.text) for reason in document.reasons),
        remarks=tuple(inert(reason.text) for reason in document.remarks),
        cases=(
            *(_objective(one, judged=judged) for one in document.objectives),
            *(_check(name, one, judged=judged) for name, one in document.checks.items()),
        ),
        started_at=document.run.started_at,
        again=inert(document.run.again),
        facts={
            "scenario": inert(document.scenario),
            "seed": str(document.seed),
            "records": document.records,
            "squall": inert(document.run.squall_version),
        },
    )


def summary_of_gate(document: GateDocument) -> VerdictSummary:
    """The summary of a gate: each objective of each experiment with its interval.

    A damaged or undecided campaign has no objective that counts as held: INVALID and INCONCLUSIVE
    judge nothing by themselves, but an objective that failed is told.
    """
    cases = [
        _decided(f"{cell.experiment}: {one.name}", one, judged=document.decision != "INVALID")
        for cell in document.experiments
        for one in cell.objectives
    ]
    facts = document.campaign
    return VerdictSummary(
        name=inert(document.suite),
        verdict=document.decision,
        reasons=tuple(inert(reason.text) for reason in document.reasons),
        cases=tuple(cases),
        started_at=facts.started_at,
        again=inert(facts.again),
        facts={
            "question": inert(document.question),
            "runs": str(len(document.attempts)),
            "seed": str(facts.seed),
            "squall": inert(facts.squall_version),
        },
    )


def _decided(name: str, one: ObjectiveDecision, *, judged: bool) -> Case:
    states: dict[str, State] = {"pass": "pass", "fail": "fail"}
    sign = "at most" if one.must == "<=" else "at least"
    told = [f"{say(one.middle, one.unit)}, must be {sign} {say_limit(one.limit, one.unit)}"]
    if one.low is not None and one.high is not None:
        told.append(f"interval {say(one.low, one.unit)} to {say(one.high, one.unit)}")
    told.append(f"{len(one.values)} repeats")
    state = states.get(one.decided, "not judged")
    return Case(
        name=inert(name),
        kind="objective",
        state=state if judged else "not judged",
        detail=inert("; ".join(told)),
        value=one.middle,
        limit=one.limit,
        unit=one.unit,
    )


def _objective(one: ObjectiveResult, *, judged: bool) -> Case:
    sign = "at most" if one.must == "<=" else "at least"
    detail = f"{say(one.value, one.unit)}, must be {sign} {say_limit(one.limit, one.unit)}"
    return Case(
        name=inert(one.name),
        kind="objective",
        state=one.verdict if judged else "not judged",
        detail=inert(detail),
        value=one.value,
        limit=one.limit,
        unit=one.unit,
    )


def _check(name: str, one: CheckFigures, *, judged: bool) -> Case:
    states: dict[str, State] = {"pass": "pass", "fail": "fail"}
    found = (f"{v.kind}: {v.count} ({', '.join(v.examples[:3])})" for v in one.violations)
    detail = "; ".join(found) or one.why or "every record is right"
    state = states.get(one.verdict, "not judged")
    return Case(
        name=inert(name),
        kind="records",
        state=state if judged else "not judged",
        detail=inert(detail),
    )
