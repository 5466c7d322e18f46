"""Row `lateness`: how much later than meant a request starts, by the server's kernel.

A load that starts late asks another question than the one that was put. Ours are Poisson arrivals,
each against its own place in the stored schedule; a peer's are held against the most favourable
even schedule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from benchmarks.generator_runs import Load, Seen, run_k6, run_ours, run_vegeta
from benchmarks.measuring import Case, Figures, Peer, Row
from benchmarks.peers import missing

RATES: Final = (500, 1000, 2000)
LOAD_S: Final = 5.0
GOALS_MS: Final = {50: 0.03, 99: 0.5}


def row() -> Row:
    """Ours, vegeta and k6 at three rates."""
    return Row(
        name="lateness",
        meaning="how much later than meant a request reaches the server's kernel",
        cases=tuple(
            Case(name=f"p{percent} at {rate}/s", unit="ms", goal=goal)
            for rate in RATES
            for percent, goal in GOALS_MS.items()
        ),
        ours=lambda: _measure(run_ours),
        peers=(
            Peer(name="vegeta", measure=lambda: _measure(run_vegeta), missing=missing("vegeta")),
            Peer(name="k6", measure=lambda: _measure(run_k6), missing=missing("k6")),
        ),
    )


def _measure(run: Callable[[Load], Seen]) -> Figures:
    figures: dict[str, float] = {}
    for rate in RATES:
        late_ms = run(Load(per_s=rate, load_s=LOAD_S)).late_ms
        for percent in GOALS_MS:
            figures[f"p{percent} at {rate}/s"] = float(np.percentile(late_ms, percent))
    return figures
