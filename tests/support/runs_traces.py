"""Arrivals with a known outage, for the measurement of recovery."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reports.measures.recovery import KnownTime, Trace

F0_S = 30.0


class ListedInstants:
    """Instants that are in memory."""

    def __init__(self, due_s: npt.NDArray[np.float64]) -> None:
        self._due_s = due_s

    def __len__(self) -> int:
        return len(self._due_s)

    def span_s(self, first: int, stop: int) -> npt.NDArray[np.float64]:
        return self._due_s[first:stop]


def seconds(trace: Trace) -> npt.NDArray[np.float64]:
    """All arrivals of a trace."""
    return trace.due.span_s(0, len(trace.due))


def known_trace(
    seed: int, outage_s: float, *, per_s: float, bad: float, base: float = 0.001
) -> Trace:
    """Poisson arrivals; from F0_S on, for `outage_s`, a share `bad` goes wrong; 20 s follow."""
    draw = np.random.default_rng(seed)
    end_s = F0_S + outage_s + 20
    due = np.sort(draw.uniform(0, end_s, draw.poisson(per_s * end_s)))
    inside = (due >= F0_S) & (due < F0_S + outage_s)
    return trace_of(due, draw.random(len(due)) < np.where(inside, bad, base), end_s, outage_s)


def trace_of(
    due_s: npt.NDArray[np.float64],
    bad: npt.NDArray[np.bool_],
    end_s: float,
    fault_s: float,
    later_s: float = 0.0,
) -> Trace:
    """A fault of `fault_s`, at F0_S or so much later."""
    due, f0_s = ListedInstants(due_s), F0_S + later_s
    return Trace(
        due=due,
        good=~bad,
        known=KnownTime(due, 0.0, end_s),
        begin_s=0.0,
        end_s=end_s,
        asked_s=f0_s,
        f0_s=f0_s,
        f1_s=f0_s + fault_s,
        in_flight_s=0.1,
        hold_s=10.0,
    )
