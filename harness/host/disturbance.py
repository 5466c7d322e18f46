"""Decides whether CPU load of others could have changed what a run measured.

Foreign load alone changes nothing while the run's own threads get a CPU when they need one. It can
change a result in a stretch in which it takes a noticeable share and either the CPU is full, or
the run's own threads wait for a CPU much longer than in a run without others. Limits measured in
docs/decisions/0039-foreign-load-that-matters.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from harness.host.cpu import Slice

STRETCH_SLICES: Final = 5  # of a second each
MIN_SLICES: Final = 3
MIN_FOREIGN: Final = 0.05
FULL: Final = 0.95
MAX_WAITED: Final = 2.0
MAX_THROTTLED: Final = 0.05
_NAMED_TAKERS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Some seconds of a run. Shares of the CPU that the run may use; `waited` as in Slice."""

    begin_s: float
    end_s: float
    busy: float
    foreign: float
    waited: float
    throttled: float
    takers: tuple[str, ...]

    @property
    def harmful(self) -> bool:
        """Whether others could have changed what was measured in this stretch."""
        starved = self.busy >= FULL or self.waited > MAX_WAITED or self.throttled > MAX_THROTTLED
        return self.foreign >= MIN_FOREIGN and starved

    def describe(self) -> str:
        """One clause: who took how much, and what this did to the run."""
        who = f" ({', '.join(self.takers)})" if self.takers else ""
        took = f"other processes{who} took {self.foreign:.0%} of the CPU from {self.begin_s:.0f} s"
        return f"{took} to {self.end_s:.0f} s{self._effect()}"

    def _effect(self) -> str:
        if not self.harmful:
            return f"; {self.busy:.0%} was in use"
        if self.busy >= FULL:
            return f", and {self.busy:.0%} was in use: the system did not get the CPU it asked for"
        if self.throttled > MAX_THROTTLED:
            return f", and the cgroup quota was used up {self.throttled:.0%} of the time"
        return f", and the run's threads waited {self.waited:.1f} s for each second on a CPU"


def stretch_of(slices: Sequence[Slice]) -> Stretch:
    """All of these slices as one stretch; there is at least one."""
    return Stretch(
        begin_s=slices[0].begin_s,
        end_s=slices[-1].end_s,
        busy=_mean(slices, lambda one: one.busy),
        foreign=_mean(slices, lambda one: one.foreign),
        waited=_mean(slices, lambda one: one.waited),
        throttled=_mean(slices, lambda one: one.throttled),
        takers=_takers(slices),
    )


def stretches(slices: Sequence[Slice]) -> Iterator[Stretch]:
    """Every stretch of five consecutive slices, or the only one where there are fewer."""
    for first in range(max(1, len(slices) - STRETCH_SLICES + 1) if slices else 0):
        yield stretch_of(slices[first : first + STRETCH_SLICES])


def worst_harmful(slices: Sequence[Slice]) -> Stretch | None:
    """The harmful stretch in which others took most; None where no stretch was harmful."""
    if len(slices) < MIN_SLICES:  # one busy second is not a statement
        return None
    harmful = (stretch for stretch in stretches(slices) if stretch.harmful)
    return max(harmful, key=lambda stretch: stretch.foreign, default=None)


def _mean(slices: Sequence[Slice], share: Callable[[Slice], float]) -> float:
    total_s = sum(s.end_s - s.begin_s for s in slices)
    return sum(share(s) * (s.end_s - s.begin_s) for s in slices) / total_s if total_s else 0.0


def _takers(slices: Sequence[Slice]) -> tuple[str, ...]:
    taken: dict[str, float] = {}
    for one in slices:
        for name, share in one.takers.items():
            taken[name] = taken.get(name, 0.0) + share * (one.end_s - one.begin_s)
    return tuple(sorted(taken, key=lambda name: -taken[name])[:_NAMED_TAKERS])
