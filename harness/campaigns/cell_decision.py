"""The decision on one experiment with one arm: all its objectives over all its valid repeats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from harness.campaigns.objective_decision import ObjectiveDecision, Rule, decide_objective
from harness.campaigns.records import Attempt, Figure, Outcome, Why

CellVerdict = Literal["PASS", "FAIL", "UNDECIDED"]


class CellDecision(msgspec.Struct, frozen=True, kw_only=True):
    """One experiment with one arm. `needs`: how many more repeats would decide it, if known."""

    experiment: str
    arm: str
    verdict: CellVerdict
    repeats: int
    reasons: tuple[Why, ...] = ()
    objectives: tuple[ObjectiveDecision, ...] = ()
    needs: int | None = None


def decide_cell(cell: tuple[str, str], valid: Sequence[Attempt], rule: Rule) -> CellDecision:
    """Decide it from the attempts of that cell that are valid."""
    experiment, arm = cell
    outcomes = [attempt.outcome for attempt in valid if attempt.outcome is not None]
    objectives = tuple(
        decide_objective(figures, rule, rule.past.get((experiment, figures[0].key)))
        for figures in _by_objective(outcomes)
    )
    reasons = [*_broken(outcomes), *(_said(o) for o in objectives if o.decided == "fail")]
    verdict: CellVerdict = "FAIL" if reasons else "UNDECIDED"
    if len(outcomes) < rule.least:
        reasons, verdict = [], "UNDECIDED"
    elif not reasons:
        doubts = [*_doubts(outcomes), *(_said(o) for o in objectives if o.decided != "pass")]
        if not objectives:
            text = "No objective was judged, so nothing can pass."
            doubts.append(Why(code="no_objectives", text=text))
        reasons, verdict = doubts, "UNDECIDED" if doubts else "PASS"
    return CellDecision(
        experiment=experiment,
        arm=arm,
        verdict=verdict,
        repeats=len(outcomes),
        reasons=tuple(reasons),
        objectives=objectives,
        needs=_needs(objectives, rule.least - len(outcomes)) if verdict == "UNDECIDED" else None,
    )


def _needs(objectives: Sequence[ObjectiveDecision], least: int) -> int | None:
    open_ones = [o.needs for o in objectives if o.decided == "undecided"]
    if None in open_ones:
        return None
    return max([least, *(needs for needs in open_ones if needs is not None)]) or None


def _by_objective(outcomes: Sequence[Outcome]) -> list[list[Figure]]:
    """The figures of each objective, one for each repeat; value null where a repeat lacks it."""
    keys = dict.fromkeys(f.key for outcome in outcomes for f in outcome.figures)
    found = []
    for key in keys:
        each = [next((f for f in o.figures if f.key == key), None) for o in outcomes]
        known = next(figure for figure in each if figure is not None)
        empty = msgspec.structs.replace(known, value=None, censored=False)
        found.append([figure or empty for figure in each])
    return found


def _broken(outcomes: Sequence[Outcome]) -> list[Why]:
    """What no interval excuses: once is enough."""
    found: dict[str, Why] = {}
    for outcome in outcomes:
        for why in outcome.broken:
            found.setdefault(why.code, why)
    return list(found.values())


def _doubts(outcomes: Sequence[Outcome]) -> list[Why]:
    """Runs that were valid and could not be decided, with what they say of it."""
    return [w for o in outcomes if o.verdict == "INCONCLUSIVE" for w in o.why][:1]


def _said(found: ObjectiveDecision) -> Why:
    sign = "at most" if found.must == "<=" else "at least"
    limit = f"must be {sign} {found.limit:g}"
    seen = "no value" if found.middle is None else f"{found.middle:.4g}"
    if found.low is not None and found.high is not None:
        seen = f"{seen} (between {found.low:.4g} and {found.high:.4g})"
    text = f"{found.name}: {seen} {found.unit}, {limit}. {found.why}".strip()
    return Why(code=f"objective_{found.decided}", text=text)
