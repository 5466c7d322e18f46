"""Windows, amplification, and the run that its own retries keep down."""

from __future__ import annotations

import numpy as np
import pytest

from reports.inputs.attempts import RECORD, Records
from reports.inputs.schedule import Ints
from reports.measures.cohorts import block_of
from reports.measures.windows import MOST_WINDOWS, Amplification, Windows, WindowTally, metastable


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


def amplified(seconds: int, after: int = 0) -> Amplification:
    sick = np.concatenate((np.zeros(10), np.ones(seconds), np.zeros(after)))
    return Amplification(attempts_per_intent=1 + 2 * sick, good_ratio=1 - 0.8 * sick)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [(amplified(61, 30), True), (amplified(60, 30), False), (amplified(12), True)],
    ids=["longer than a minute", "a minute", "to the end"],
)
def test_metastable_is_amplified_and_starved_for_long(seen: Amplification, expected: bool) -> None:
    assert metastable(seen, 10.0, 1.0, 10.0) is expected


def test_few_bad_seconds_at_the_end_are_not_metastable() -> None:
    assert not metastable(amplified(3), 10.0, 1.0, 10.0)
