"""Row `freeze`: a server stands still for 2 s of 20 s, and what the generator tells of it.

Truth: whoever was due in the freeze waited until its end. A generator that stops asking, or that
counts from the send, reports a better server than there was.
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
    """Ours and the peers, each as it is usually sized."""
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
