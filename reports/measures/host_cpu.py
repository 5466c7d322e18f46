"""How much of the CPU others took while the run was judged, and whether it could matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from harness.host.cpu import Machine, Slice
from harness.host.disturbance import Stretch, stretch_of, stretches, worst_harmful

_MOST_HOLE_S: Final = 5.0  # as long as a stretch whose mean decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Shares (0 to 1) of the CPU that the run may use; the worst are means over five seconds.

    `harmful` is the worst stretch in which others could have changed what was measured.
    """

    cores: float
    limited_by: str
    whole: Stretch
    foreign_worst: float
    busy_worst: float
    waited_worst: float
    harmful: Stretch | None


def sharing(machine: Machine, begin_s: float, end_s: float) -> Sharing | None:
    """Between these times of the run; None where a part of it was not measured."""
    inside = [s for s in machine.slices if s.begin_s >= begin_s and s.end_s <= end_s]
    measured_s = sum(s.end_s - s.begin_s for s in inside)
    if not inside or measured_s < (end_s - begin_s) / 2:
        return None
    if _longest_hole_s(inside, begin_s, end_s) > _MOST_HOLE_S:
        return None
    parts = tuple(stretches(inside))
    return Sharing(
        cores=machine.cores,
        limited_by=machine.limited_by,
        whole=stretch_of(inside),
        foreign_worst=max(part.foreign for part in parts),
        busy_worst=max(part.busy for part in parts),
        waited_worst=max(part.waited for part in parts),
        harmful=worst_harmful(inside),
    )


def _longest_hole_s(slices: Sequence[Slice], begin_s: float, end_s: float) -> float:
    edges = [begin_s, *(edge for s in slices for edge in (s.begin_s, s.end_s)), end_s]
    return max(after - before for before, after in zip(edges[::2], edges[1::2], strict=True))
