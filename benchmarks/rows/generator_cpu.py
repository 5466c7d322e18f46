"""Row `generator-cpu`: what the load generator takes from the cores that it shares with the system.

Each keeps its record of every request: ours the packed file, vegeta its binary one, the others a
csv. Ours are whole payers (a payment of their own each, an answer that is read and judged); the
peers repeat one request.
"""

from __future__ import annotations

from typing import Final

from benchmarks.generator_runs import Load, Run, peers_of, run_ours
from benchmarks.measuring import Case, Figures, Row

LOAD_S: Final = 5.0
GOALS_S: Final = {500: 1.4, 1000: 1.3, 2000: 1.2}


def row() -> Row:
    """Ours and the peers at three rates, once they run steadily."""
    return Row(
        name="generator-cpu",
        meaning="CPU seconds that 10,000 requests take in the generator, record included",
        cases=tuple(
            Case(name=f"at {rate}/s", unit="s/10k", goal=goal) for rate, goal in GOALS_S.items()
        ),
        ours=lambda: _measure(run_ours),
        peers=peers_of(_measure),
    )


def _measure(run: Run) -> Figures:
    return {f"at {rate}/s": run(Load(per_s=rate, load_s=LOAD_S)).cpu_s_per_10k for rate in GOALS_S}
