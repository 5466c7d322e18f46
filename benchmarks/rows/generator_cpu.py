"""Row `generator-cpu`: what the load generator takes from the cores that it shares with the system.

Each keeps its record of every request: ours the packed file, vegeta its binary one, k6 a csv. Ours
are whole payers (a payment of their own each, an answer that is read and judged); the peers repeat
one request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from benchmarks.generator_runs import Load, Seen, run_k6, run_ours, run_vegeta
from benchmarks.measuring import Case, Figures, Peer, Row
from benchmarks.peers import missing

LOAD_S: Final = 5.0
GOALS_S: Final = {500: 1.4, 1000: 1.3, 2000: 1.2}


def row() -> Row:
    """Ours, vegeta and k6 at three rates, once they run steadily."""
    return Row(
        name="generator-cpu",
        meaning="CPU seconds that 10,000 requests take in the generator, record included",
        cases=tuple(
            Case(name=f"at {rate}/s", unit="s/10k", goal=goal) for rate, goal in GOALS_S.items()
        ),
        ours=lambda: _measure(run_ours),
        peers=(
            Peer(name="vegeta", measure=lambda: _measure(run_vegeta), missing=missing("vegeta")),
            Peer(name="k6", measure=lambda: _measure(run_k6), missing=missing("k6")),
        ),
    )


def _measure(run: Callable[[Load], Seen]) -> Figures:
    return {f"at {rate}/s": run(Load(per_s=rate, load_s=LOAD_S)).cpu_s_per_10k for rate in GOALS_S}
