"""The Pareto front: the arms of which no other is shown to be better without being worse; pure."""

from __future__ import annotations

from collections.abc import Sequence

from harness.campaigns.compare.differences import Compared


def front_of(arms: Sequence[str], figures: Sequence[Compared]) -> tuple[str, ...]:
    """The arms that are not dominated, in their order. It is never empty."""
    return tuple(arm for arm in arms if not dominators(arm, arms, figures))


def dominators(arm: str, arms: Sequence[str], figures: Sequence[Compared]) -> tuple[str, ...]:
    """The arms that dominate this one.

    The other is shown to be better in at least one figure, and its mean is not worse in any. By the
    means alone this is an order, so that no circle of arms can dominate each other.
    """
    return tuple(
        other
        for other in arms
        if other != arm
        and any(arm in each.of(other).better_than for each in figures)
        and all(_not_worse(other, arm, each) for each in figures)
    )


def _not_worse(one: str, other: str, figure: Compared) -> bool:
    """A value that is missing, or only a lower bound, may be better than it looks."""
    mine, its = figure.of(one), figure.of(other)
    if mine.mean is None:
        return False
    if its.mean is None:
        return True
    if (its if figure.other_may_win else mine).is_bound:
        return False
    return mine.mean >= its.mean if figure.must == ">=" else mine.mean <= its.mean
