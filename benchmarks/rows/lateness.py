"""Row `lateness`: how much later than meant a request starts, by the server's kernel.

A load that starts late asks another question than the one that was put. Ours are Poisson arrivals,
each against its own place in the stored schedule; a peer's are held against the most favourable
even schedule.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.generator_runs import Load, Run, peers_of, run_ours
from benchmarks.measuring import Case, Figures, Row

RATES: Final = (500, 1000, 2000)
LOAD_S: Final = 5.0
GOALS_MS: Final = {50: 0.03, 99: 0.5}


def row() -> Row:
    """Ours and the peers at three rates."""
    return Row(
        name="lateness",
        meaning="how much later than meant a request reaches the server's kernel",
        cases=tuple(
            Case(name=f"p{percent} at {rate}/s", unit="ms", goal=goal)
            for rate in RATES
            for percent, goal in GOALS_MS.items()
        ),
        ours=lambda: _measure(run_ours),
        peers=peers_of(_measure),
    )


def _measure(run: Run) -> Figures:
    figures: dict[str, float] = {}
    for rate in RATES:
        late_ms = run(Load(per_s=rate, load_s=LOAD_S)).late_ms
        for percent in GOALS_MS:
            figures[f"p{percent} at {rate}/s"] = float(np.percentile(late_ms, percent))
    return figures
