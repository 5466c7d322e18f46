"""The comparison of a gate's candidate with its baseline: of the same job, or of stored runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.campaigns.gate import Gate, valid_of
from harness.campaigns.records import BASELINE, CANDIDATE, Attempt, Outcome, Why
from harness.campaigns.regression import (
    TOLERANCE,
    Regression,
    regressions,
    regressions_to_stored,
)


def against_baseline(
    gate: Gate, stored: Mapping[str, tuple[Outcome, ...]], seen: Sequence[Attempt]
) -> tuple[Regression, ...]:
    """The comparison with the baseline; without pairs where it is empty. None without one."""
    found: list[Regression] = []
    for name in gate.experiments:
        new = _by_repeat((name, CANDIDATE), seen, gate)
        if BASELINE in gate.arms:
            old = _by_repeat((name, BASELINE), seen, gate)
            made = regressions(name, new, old, gate.rule)
        elif stored:
            made = regressions_to_stored(name, tuple(new.values()), stored.get(name, ()), gate.rule)
        else:
            continue
        found += made or (Regression(experiment=name, name="", pairs=0, same_job=not stored),)
    return tuple(found)


def _by_repeat(cell: tuple[str, str], seen: Sequence[Attempt], gate: Gate) -> dict[int, Outcome]:
    valid = valid_of(cell, seen, gate.rule.most)
    return {a.request.repeat: a.outcome for a in valid if a.outcome is not None}


def about_regression(found: Regression) -> Why:
    """The reason for an objective that is shown to be worse."""
    bounds = f"{found.ratio:.2f} (at least {found.low:.2f})"
    text = f"{found.experiment}: {found.name}: {bounds} times as bad as the baseline"
    return Why(code="regression", text=f"{text}; {TOLERANCE:.2f} is tolerated.")


def about_empty(against: Sequence[Regression]) -> list[Why]:
    """Objectives that could not be compared: never a pass."""
    return [
        Why(
            code="baseline_empty",
            text=f"{each.experiment}: {each.name or 'the baseline'} has no values to compare with.",
        )
        for each in against
        if each.ratio is None
    ]
