"""Row `freeze`: a server is stopped for 2 s of 20 s; the row compares reported and true latencies.

Every request that was due in the freeze waited until its end. A generator that sends fewer requests
meantime, or that measures from the send, reports latencies that are too low.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.generator_runs import Load, Run, peers_of, run_ours
from benchmarks.measuring import Case, Figures, Row

LOAD: Final = Load(per_s=500, load_s=20.0, freeze_at_s=8.0, freeze_s=2.0)
SLOW_NS: Final = 500_000_000
SLOW_US: Final = 500_000
ERROR: Final = "error of the share over 500 ms"
SENT: Final = "sent in the freeze"
LEFT: Final = "arrivals not accounted for"


def row() -> Row:
    """Our generator and the peers, each in its usual configuration."""
    return Row(
        name="freeze",
        meaning="what is reported of a server that stood still for 2 s of 20 s at 500/s",
        cases=(
            Case(name=ERROR, unit="points", goal=0.15),
            Case(name=SENT, unit="% of due", goal=100.0, must=">="),
            Case(name=LEFT, unit="arrivals", goal=0.0),
        ),
        ours=lambda: _measure(run_ours),
        peers=peers_of(_measure),
    )


def _measure(run: Run) -> Figures:
    seen = run(LOAD)
    begin_ns, end_ns = seen.frozen_ns
    in_freeze = (seen.due_ns >= begin_ns) & (seen.due_ns < end_ns)
    truth = np.mean(in_freeze & (end_ns - seen.due_ns > SLOW_NS)) * 100
    told = np.mean(seen.waited_us > SLOW_US) * 100
    arrived = np.sum((seen.arrived_ns >= begin_ns) & (seen.arrived_ns < end_ns))
    return {
        ERROR: abs(float(told - truth)),
        SENT: float(arrived / np.sum(in_freeze)) * 100,
        LEFT: float(max(0, len(seen.due_ns) - len(seen.waited_us))),
    }
