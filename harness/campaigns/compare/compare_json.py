"""Makes compare.json from the attempts of a campaign."""

from __future__ import annotations

from collections.abc import Sequence

from harness.campaigns.compare.comparison_decision import decide
from harness.campaigns.compare.differences import Compared
from harness.campaigns.compare.document import (
    CAPACITY,
    COMPARE_SCHEMA,
    ArmRow,
    AtLimit,
    CompareDocument,
    CompareFacts,
    LawPoint,
    Series,
)
from harness.campaigns.compare.figures import details_of, figures_of
from harness.campaigns.compare.front import dominators, front_of
from harness.campaigns.compare.matrix import Matrix, Scaling
from harness.campaigns.compare.saturation import saturated
from harness.campaigns.compare.scaling_law import Law, law_of
from harness.campaigns.compare.strategy import Compare, spent_s
from harness.campaigns.gate import valid_of
from harness.campaigns.gate_json import lines_of
from harness.campaigns.plan import Plan, compare_of
from harness.campaigns.records import Attempt
from harness.errors import StoredRunError


def compare_document(
    plan: Plan, seen: Sequence[Attempt], damage: Sequence[str] = ()
) -> CompareDocument:
    """compare.json of these attempts; the same attempts give the same document."""
    matrix, compare = plan.matrix, compare_of(plan)
    if matrix is None:
        raise StoredRunError(f"{plan.path}: the campaign holds no matrix")
    figures = figures_of(plan, compare, seen)
    decision, reasons = decide(compare, seen, figures, damage)
    believed = decision in ("PASS", "INCONCLUSIVE")
    return CompareDocument(
        schema=COMPARE_SCHEMA,
        matrix=matrix.name,
        question=matrix.question,
        decision=decision,
        reasons=reasons,
        front=front_of(compare.arms, figures) if believed else (),
        arms=_rows(plan, compare, seen, figures if believed else ()),
        figures=figures,
        details=details_of(compare, seen),
        series=_all_series(plan, matrix, figures),
        currency="" if matrix.prices is None else matrix.prices.currency,
        attempts=lines_of(compare.cells, seen),
        campaign=CompareFacts(
            path=plan.path,
            squall_version=plan.squall_version,
            started_at=plan.started_at,
            seed=matrix.seed,
            repeats=matrix.repeats,
            budget_s=matrix.budget_s,
            spent_s=round(spent_s(seen), 3),
            again=plan.again,
        ),
    )


def _rows(
    plan: Plan, compare: Compare, seen: Sequence[Attempt], figures: Sequence[Compared]
) -> tuple[ArmRow, ...]:
    better = {arm: dominators(arm, compare.arms, figures) for arm in compare.arms}
    return tuple(
        ArmRow(
            facts=fact,
            on_front=bool(figures) and not better[fact.name],
            dominated_by=better[fact.name],
            at_limit=tuple(_at_limit(compare, c, fact.name, seen) for c in compare.columns),
        )
        for fact in plan.facts
    )


def _at_limit(compare: Compare, column: str, arm: str, seen: Sequence[Attempt]) -> AtLimit:
    valid = valid_of((column, arm), seen, compare.repeats)
    outcomes = [attempt.outcome for attempt in valid if attempt.outcome is not None]
    return AtLimit(
        column=column,
        resources=saturated([outcome.load for outcome in outcomes]),
        why=tuple(text for outcome in outcomes for text in outcome.remarks),
    )


def _all_series(plan: Plan, matrix: Matrix, figures: Sequence[Compared]) -> tuple[Series, ...]:
    ramps = [one for one in figures if one.metric == CAPACITY]
    return tuple(_series(plan, scaling, one) for scaling in matrix.scaling for one in ramps)


def _series(plan: Plan, scaling: Scaling, capacity: Compared) -> Series:
    sizes = {fact.name: fact.replicas.get(scaling.service, 0) for fact in plan.facts}
    measured = [(arm, sizes[arm], capacity.of(arm)) for arm in scaling.arms]
    pairs = [(size, v) for _, size, one in measured for v in one.values if v is not None]
    law = law_of(pairs)
    bounds = [arm for arm, _, one in measured if one.is_bound]
    why = "" if law is not None else "needs a capacity above 0 at three sizes"
    if law is not None and bounds:
        why = f"of {', '.join(bounds)} only a lower bound is known, so this is one too"
    return Series(
        name=scaling.name,
        service=scaling.service,
        column=capacity.column,
        points=tuple(
            LawPoint(arm=arm, size=size, capacity=one.mean, by_law=_by_law(law, size))
            for arm, size, one in measured
        ),
        law=law,
        why=why,
    )


def _by_law(law: Law | None, size: int) -> float | None:
    return None if law is None else round(law.capacity(size), 3)
