"""Row `locust-users`: ordinary FastHttpUser tasks under `OpenLoop`, against k6 and vegeta.

Each task of ours sends one request with its intent's key, as the peers do without one.
Lateness is that of the server's kernel, from the most punctual arrival, as in the row `lateness`.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from benchmarks.generator_runs import USERS, Load, Run, peers_of, run_ours
from benchmarks.measuring import Case, Figures, Row

RATES: Final = (500, 1000)
LOAD_S: Final = 5.0
GOALS_MS: Final = {50: 0.2, 99: 1.0}
CPU_GOAL: Final = 1.2  # times what k6 takes in the same rounds
PEERS: Final = ("k6", "vegeta")


def row() -> Row:
    """Ours and two peers at two rates."""
    late = [
        Case(name=f"p{percent} at {rate}/s", unit="ms", goal=goal)
        for rate in RATES
        for percent, goal in GOALS_MS.items()
    ]
    cpu = [
        Case(name=f"CPU at {rate}/s", unit="s/10k", goal=CPU_GOAL, against="ratio")
        for rate in RATES
    ]
    return Row(
        name="locust-users",
        meaning="ordinary Locust users under OpenLoop: how late a request reaches the server's"
        " kernel, and the CPU seconds that 10,000 of them take, record and statistics included",
        cases=(*late, *cpu),
        ours=lambda: _measure(partial(run_ours, scenario=USERS)),
        peers=tuple(peer for peer in peers_of(_measure) if peer.name in PEERS),
    )


def _measure(run: Run) -> Figures:
    figures: dict[str, float] = {}
    for rate in RATES:
        seen = run(Load(per_s=rate, load_s=LOAD_S))
        for percent in GOALS_MS:
            late_ms = np.percentile(seen.late_ms_from_own_earliest, percent)
            figures[f"p{percent} at {rate}/s"] = float(late_ms)
        figures[f"CPU at {rate}/s"] = seen.cpu_s_per_10k
    return figures
