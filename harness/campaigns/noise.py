"""How far identical runs lie apart, and how many repeats a difference needs to show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

import msgspec

from harness.campaigns.cell_decision import CellDecision
from harness.campaigns.gate_document import AttemptLine, Decision
from harness.campaigns.objective_decision import ObjectiveDecision
from harness.campaigns.records import Why

DIFFERENCES: Final = (0.1, 0.2, 0.3, 0.5)
_MOST: Final = 100_000
# One-sided 5 % and a power of 80 %: two arms with the same number of repeats.
_SURE: Final = NormalDist().inv_cdf(0.95) + NormalDist().inv_cdf(0.80)


class ObjectiveNoise(msgspec.Struct, frozen=True, kw_only=True):
    """One objective over identical runs. `repeats_for`: repeats of each arm, by difference."""

    name: str
    unit: str
    values: tuple[float | None, ...]
    mean: float | None
    cv: float | None
    modes: int
    repeats_for: dict[str, int]


class NoiseDocument(msgspec.Struct, frozen=True, kw_only=True):
    """noise.json. `decision` INVALID: too few runs were valid; FAIL: a record is wrong."""

    experiment: str
    decision: Decision
    reasons: tuple[Why, ...]
    repeats: int
    objectives: tuple[ObjectiveNoise, ...]
    score_sd: float | None
    attempts: tuple[AttemptLine, ...]


def noise_of(cell: CellDecision, differences: Sequence[float]) -> tuple[ObjectiveNoise, ...]:
    """The spread of every objective of an experiment."""
    return tuple(_noise(found, differences) for found in cell.objectives)


def repeats_for(cv: float, difference: float) -> int:
    """Repeats of each arm that show a difference of that share: at least 2."""
    sigma = math.sqrt(math.log1p(cv * cv))
    needed = 2 * (_SURE * sigma / math.log1p(difference)) ** 2
    return min(max(math.ceil(needed - 1e-9), 2), _MOST)


def _noise(found: ObjectiveDecision, differences: Sequence[float]) -> ObjectiveNoise:
    cv = found.cv
    needed = {} if cv is None else {f"{d * 100:g} %": repeats_for(cv, d) for d in differences}
    return ObjectiveNoise(
        name=found.name,
        unit=found.unit,
        values=found.values,
        mean=found.middle,
        cv=cv,
        modes=len(found.modes),
        repeats_for=needed,
    )
