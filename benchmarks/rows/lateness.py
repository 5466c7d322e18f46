"""Row `lateness`: how much later than meant a request starts, by the server's kernel.

A load that starts late asks another question than the one that was put. A peer's zero is not known,
so both sides are compared against the schedule that begins with their own most punctual arrival (a
peer's is even, ours is the stored one, Poisson). Ours alone is held against the clock as well: each
arrival against its own instant, with nothing taken off.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.generator_runs import Load, Run, peers_of, run_ours
from benchmarks.measuring import Case, Figures, Row

RATES: Final = (500, 1000, 2000)
LOAD_S: Final = 5.0
GOALS_MS: Final = {50: 0.03, 99: 0.5}
CLOCK: Final = "by the clock"


def row() -> Row:
    """Ours and the peers at three rates."""
    return Row(
        name="lateness",
        meaning="how much later than meant a request reaches the server's kernel: both sides from"
        f" their own most punctual arrival; '{CLOCK}' (ours alone): from the instant itself",
        cases=tuple(
            Case(name=f"p{percent} at {rate}/s{how}", unit="ms", goal=goal)
            for rate in RATES
            for how in ("", f", {CLOCK}")
            for percent, goal in GOALS_MS.items()
        ),
        ours=lambda: _measure(run_ours, by_the_clock=True),
        peers=peers_of(_measure),
    )


def _measure(run: Run, *, by_the_clock: bool = False) -> Figures:
    figures: dict[str, float] = {}
    for rate in RATES:
        seen = run(Load(per_s=rate, load_s=LOAD_S))
        for percent in GOALS_MS:
            name = f"p{percent} at {rate}/s"
            figures[name] = float(np.percentile(seen.late_ms_from_own_earliest, percent))
            if by_the_clock:
                figures[f"{name}, {CLOCK}"] = float(np.percentile(seen.late_ms, percent))
    return figures
