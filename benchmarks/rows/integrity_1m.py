"""integrity-1m: a million payments against their stored evidence, every hash computed again."""

from __future__ import annotations

from typing import Final

from benchmarks.judge_process import judged
from benchmarks.measuring import Case, Figures, Row
from benchmarks.synthetic_runs import synthetic_run
from harness.errors import HarnessError

ATTEMPTS: Final = 1_060_000  # some payments take two: a few more than a million intents


def row() -> Row:
    """The row."""
    return Row(
        name="integrity-1m",
        meaning="a million payments (four million ledger entries) "
        "joined with ledger, bank and payments, and the hash chain of every account checked",
        cases=(
            Case(name="time", unit="s", goal=2.2),
            Case(name="memory", unit="MB"),
        ),
        ours=_measure,
    )


def _measure() -> Figures:
    found = judged("integrity", synthetic_run(ATTEMPTS, evidence=True))
    if found.wrong:
        raise HarnessError(f"sound books were found wrong in {found.wrong} ways")
    return {"time": found.took_s, "memory": found.peak_mb}
