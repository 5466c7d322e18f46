"""Whether the faults of a gate stayed where they were put: requests outside of them kept their SLO.

The limits are objectives of the experiments like all others and decide with them; this is their
summary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from harness.campaigns.cell_decision import CellDecision
from harness.campaigns.objective_decision import Decided, ObjectiveDecision
from harness.slo.openslo import CONTAINMENT

ContainmentVerdict = Literal["contained", "not contained", "undecided", "not measured"]


class ContainedLimit(msgspec.Struct, frozen=True, kw_only=True):
    """One SLO of a request that an experiment must not reach; `worst` is its worst repeat."""

    experiment: str
    arm: str
    name: str
    limit: float
    worst: float | None
    decided: Decided


class Containment(msgspec.Struct, frozen=True, kw_only=True):
    """All of them together. Without a limit nothing was measured, which never counts as a pass."""

    verdict: ContainmentVerdict = "not measured"
    limits: tuple[ContainedLimit, ...] = ()


def containment_of(cells: Sequence[CellDecision]) -> Containment:
    """The summary of these experiments."""
    limits = tuple(limit for cell in cells for limit in _limits(cell))
    return Containment(verdict=_verdict([one.decided for one in limits]), limits=limits)


def _limits(cell: CellDecision) -> Iterator[ContainedLimit]:
    for found in cell.objectives:
        if found.metric == CONTAINMENT:
            yield ContainedLimit(
                experiment=cell.experiment,
                arm=cell.arm,
                name=found.name,
                limit=found.limit,
                worst=_worst(found),
                decided=found.decided,
            )


def _worst(found: ObjectiveDecision) -> float | None:
    return min((value for value in found.values if value is not None), default=None)


def _verdict(decided: Sequence[Decided]) -> ContainmentVerdict:
    if not decided:
        return "not measured"
    if "fail" in decided:
        return "not contained"
    return "contained" if set(decided) == {"pass"} else "undecided"
