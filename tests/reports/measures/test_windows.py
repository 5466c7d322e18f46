"""Windows of time: their number is limited, their percentiles are exact."""

from __future__ import annotations

import numpy as np

from reports.inputs.attempts import RECORD, Records
from reports.inputs.schedule import Ints
from reports.measures.cohorts import block_of
from reports.measures.windows import MOST_WINDOWS, Windows, WindowTally


def windows(due: Ints, attempts: Records, latency_limit_ms: float, end_s: float) -> Windows:
    tally = WindowTally(end_s)
    tally.add(block_of(due, attempts, latency_limit_ms))
    return tally.result()


def test_the_picture_does_not_grow_with_the_run() -> None:
    due = np.arange(0, 3_600_000_000, 1_000_000, dtype=np.int64)
    seen = windows(due, np.empty(0, dtype=RECORD), 300, 3600)
    assert len(seen.scheduled) <= MOST_WINDOWS
    assert float((seen.scheduled * seen.width_s).sum()) == len(due)
    assert float((seen.failed * seen.width_s).sum()) == len(due)


def test_percentiles_are_exact_ranks() -> None:
    due = np.zeros(100, dtype=np.int64)
    attempts = np.zeros(100, dtype=RECORD)
    attempts["intent"] = np.arange(100)
    attempts["took_us"] = np.arange(1, 101) * 1000
    attempts["code"] = 1 << 10
    p50, p95, p99 = windows(due, attempts, 50, 1).latency_ms
    assert (p50[0], p95[0], p99[0]) == (50, 95, 99)
