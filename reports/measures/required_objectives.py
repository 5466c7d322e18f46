"""The objectives of a run: those of its experiment, and one that every run has."""

from __future__ import annotations

from typing import Final

from harness.experiment import Good, Objective, Terms

# Objectives of every run, besides those of its experiment.
UNRESOLVED: Final = "unresolved_ratio_run"
_MOST_UNRESOLVED: Final = 0.01


def objectives_of(terms: Terms) -> tuple[Objective, ...]:
    """Those of the experiment, then the default one unless the experiment has a tighter one."""
    default = default_objective(terms.good)
    tighter = any(o.metric == UNRESOLVED and tightens(o, default) for o in terms.objectives)
    return terms.objectives if tighter else (*terms.objectives, default)


def default_objective(good: Good) -> Objective:
    """At most 1 % without a final outcome, and no more than the target of `good` allows."""
    limit = max(0.0, min(_MOST_UNRESOLVED, 1 - good.target))
    name = "without a final outcome"
    return Objective(name=name, metric=UNRESOLVED, must="<=", limit=round(limit, 9))


def tightens(objective: Objective, default: Objective) -> bool:
    """Whether the objective requires at least as much as the default."""
    return objective.must == default.must and objective.limit <= default.limit
