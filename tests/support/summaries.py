"""Outcomes of every kind, as outlets get them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from reports.outlets.summary import Case, VerdictSummary

HELD: Final = Case(
    name="stable recovery",
    kind="objective",
    state="pass",
    detail="1.3 s, must be at most 10 s",
    value=1.3,
    limit=10,
    unit="s",
)
MISSED: Final = replace(HELD, state="fail", detail="12.0 s, must be at most 10 s", value=12.0)
UNMEASURED: Final = replace(
    HELD,
    name="lost seconds",
    state="missing",
    detail="not measured, must be at most 5 s",
    value=None,
)
RIGHT: Final = Case(name="payments", kind="records", state="pass", detail="every record is right")
DOUBLED: Final = replace(RIGHT, state="fail", detail="doubled: 31 (a-1, a-2, a-3)")
PASSED: Final = VerdictSummary(
    name="ledger-killed",
    verdict="PASS",
    reasons=("Service recovered in 1.3 s, and every record is right.",),
    cases=(HELD, RIGHT),
    started_at="2026-11-30T10:00:00Z",
    again="squall run ledger-killed --seed 11",
    facts={"scenario": "payday_spike", "seed": "11"},
)
# The five ways in which a run or a gate ends.
SUMMARIES: Final = {
    "pass": PASSED,
    "fail": replace(
        PASSED,
        verdict="FAIL",
        reasons=("Stable recovery: 12.0 s, must be at most 10 s.",),
        cases=(MISSED, UNMEASURED, RIGHT),
    ),
    "fail by money": replace(
        PASSED, verdict="FAIL", reasons=("31 payments were charged twice.",), cases=(HELD, DOUBLED)
    ),
    "inconclusive": replace(
        PASSED, verdict="INCONCLUSIVE", reasons=("Stable recovery needs 2 more repeats.",)
    ),
    "invalid": replace(
        PASSED,
        verdict="INVALID",
        reasons=("Other processes (cc1) took 60 % of the CPU.",),
        cases=tuple(replace(case, state="not judged") for case in (HELD, RIGHT)),
        remarks=("The machine was shared.",),
    ),
}
HOSTILE: Final = "a|b`c`]]>&<x>\\n::error::@team #1 *b* %0A \\x1b[31m"
