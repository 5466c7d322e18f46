"""A new version that fails gets no more requests; one that does not is left alone."""

from __future__ import annotations

import math
from typing import Any

import pytest

from harness.errors import FaultError
from harness.faults.rollout_steps import Steps
from harness.targets.records import FaultCount

GOOD: dict[str, Any] = {"percents": (1.0, 100.0), "step_s": 5.0, "failed_percent_max": 5.0}


def count(hits: int, failed: int) -> FaultCount:
    return FaultCount(slot="shift", hits=hits, failed=failed)


@pytest.mark.parametrize(
    ("before", "now", "fails"),
    [
        (count(0, 0), count(100, 5), False),
        (count(0, 0), count(100, 6), True),
        (count(0, 0), count(4, 4), False),  # too few to tell
        (count(0, 0), count(5, 5), True),
        (count(100, 100), count(200, 100), False),  # failures of an earlier step
        (count(7, 7), count(7, 7), False),
    ],
)
def test_a_share_of_failures_above_the_limit_is_a_failure(
    before: FaultCount, now: FaultCount, fails: bool
) -> None:
    assert Steps(**GOOD).failed(before, now) is fails


@pytest.mark.parametrize(
    "wrong",
    [
        {"percents": ()},
        {"percents": (0.0,)},
        {"percents": (101.0,)},
        {"percents": (math.nan,)},
        {"percents": (1.0,) * 21},
        {"step_s": 0.0},
        {"step_s": math.inf},
        {"step_s": math.nan},
        {"failed_percent_max": -1.0},
        {"failed_percent_max": 100.0},
        {"failed_percent_max": math.nan},
        {"requests_min": 0},
    ],
)
def test_a_value_outside_its_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FaultError, match="write"):
        Steps(**{**GOOD, **wrong})
