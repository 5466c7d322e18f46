"""report-10m: a stored run of ten million attempts, from its sealed files to the finished page."""

from __future__ import annotations

from typing import Final

from benchmarks.judge_process import judged
from benchmarks.measuring import Case, Figures, Row
from benchmarks.synthetic_runs import synthetic_run

ATTEMPTS: Final = 10_000_000


def row() -> Row:
    """The row."""
    return Row(
        name="report-10m",
        meaning="a run of ten million attempts judged in a process of its own: the seal checked, "
        "verdict.json and report.html written; money is a row of its own (integrity-1m)",
        cases=(
            Case(name="time", unit="s", goal=2.0),
            Case(name="memory", unit="MB", goal=800),
            Case(name="page", unit="kB", goal=150),
        ),
        ours=_measure,
    )


def _measure() -> Figures:
    found = judged("report", synthetic_run(ATTEMPTS, evidence=False))
    return {"time": found.took_s, "memory": found.peak_mb, "page": found.page_kb}
