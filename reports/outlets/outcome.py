"""What every outlet says: the outcome of a run or of a gate, without pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

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
class Outcome:
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


def outcome_of_run(document: Document) -> Outcome:
    """The outcome of one run. In an INVALID run nothing is judged, whatever its figures are."""
    judged = document.verdict != "INVALID"
    return Outcome(
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
