"""recovery: from a million payments, good or bad, to episodes and recovery time."""

from __future__ import annotations

import time
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.measuring import Case, Figures, Row
from reports.measures.recovery import KnownTime, Trace, baseline, measure

SIZE: Final = 1_000_000
PER_S: Final = 1000
_BAD_AT_REST: Final = 0.003
# Stretches in which payments went bad: begin and end in seconds, and the share of bad ones.
_SHAPES: Final = {
    "one episode": ((200.0, 230.0, 0.6),),
    "50 episodes": tuple((200.0 + 15 * i, 204.0 + 15 * i, 0.5) for i in range(50)),
    "bad to the end": ((200.0, 1000.0, 0.4),),
}
Floats = npt.NDArray[np.float64]


class _Arrivals:
    """Instants in memory."""

    def __init__(self, due_s: Floats) -> None:
        self._due_s = due_s

    def __len__(self) -> int:
        return len(self._due_s)

    def span_s(self, first: int, stop: int) -> Floats:
        return self._due_s[first:stop]


def row() -> Row:
    """The row."""
    return Row(
        name="recovery",
        meaning="seconds from a million judged payments to every episode and the recovery time; "
        "no peer measures recovery",
        cases=tuple(Case(name=name, unit="s", goal=0.02) for name in _SHAPES),
        ours=_measure,
        rounds=5,
    )


def _measure() -> Figures:
    return {name: _took_s(stretches) for name, stretches in _SHAPES.items()}


def _took_s(stretches: tuple[tuple[float, float, float], ...]) -> float:
    trace = _trace(stretches)
    began = time.perf_counter()
    found = measure(trace, baseline(trace))
    took_s = time.perf_counter() - began
    if not found.episodes:
        raise RuntimeError("no episode was found: nothing was measured")
    return took_s


def _trace(stretches: tuple[tuple[float, float, float], ...]) -> Trace:
    draw = np.random.default_rng(3)
    end_s = SIZE / PER_S
    due = np.sort(draw.random(SIZE)) * end_s
    bad = draw.random(SIZE) < _BAD_AT_REST
    for begin_s, stop_s, share in stretches:
        inside = (due >= begin_s) & (due < stop_s)
        bad[inside] = draw.random(int(inside.sum())) < share
    arrivals = _Arrivals(due)
    return Trace(
        due=arrivals,
        good=~bad,
        known=KnownTime(arrivals, 0.0, end_s),
        begin_s=0.0,
        end_s=end_s,
        asked_s=200.0,
        f0_s=200.0,
        f1_s=230.0,
        in_flight_s=0.1,
        hold_s=10.0,
    )
