"""Arrivals with a known outage, for the measurement of recovery."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reports.recovery import Trace

F0_S = 30.0


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
    due_s: npt.NDArray[np.float64], bad: npt.NDArray[np.bool_], end_s: float, fault_s: float
) -> Trace:
    return Trace(
        due_s=due_s,
        good=~bad,
        begin_s=0.0,
        end_s=end_s,
        f0_s=F0_S,
        f1_s=F0_S + fault_s,
        in_flight_s=0.1,
        hold_s=10.0,
    )
