"""A system is metastable if its own repetition keeps it down; a slow recovery is not metastable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from reports.measures.metastable import Aftermath, metastable
from reports.measures.windows import Amplification

BEGIN, F0, FAULT = 5, 15, 20
F1 = F0 + FAULT
# Per second after the fault: attempts per payment and good share of two runs of retry-storm with
# the defect retry-without-budget. The first was at 200/s, the second at 180/s; see decision 0076.
STAYS = (
    [*(12, 10, 13, 14, 11, 11, 11, 11, 12, 13, 12), *(13, 11, 11, 13, 10, 10, 11, 11, 12, 11), 11],
    [0.0] * 22,
    [4245, 4403, 4409, 4396, 4296, 4224, 4111, 3889, 3648, 3307, 3053],
)
LEAVES = (
    [*(9, 11, 11, 12, 13, 11, 14, 11, 13, 11, 12, 11), *(11, 9, 9, 8, 8, 6, 6, 5, 4, 3, 2, 2)],
    [
        *(0, 0, 0, 0.01, 0.02, 0.04, 0.01, 0.01, 0.15, 0.09, 0.05, 0.1),
        *(0.33, 0.3, 0.23, 0.2, 0.24, 0.33, 0.39, 0.66, 0.8, 1, 1, 1),
    ],
    [3717, 3605, 3479, 3302, 3092, 2771, 2406, 1936, 1521, 1149, 720, 102],
)


def after(
    attempts: Sequence[float], good: Sequence[float], waiting: Sequence[float] = (), due: int = 200
) -> Aftermath:
    """A sound baseline, a fault of 20 s, and these seconds after it."""
    size, before = len(attempts), F1
    open_after = np.repeat([*waiting] or [3000], math.ceil(size / (len(waiting) or 1)))[:size]
    return Aftermath(
        seen=Amplification(
            due=np.array([200] * before + [due] * size),
            attempts_per_intent=np.array([1.0] * F0 + [8.0] * FAULT + [*attempts]),
            good_ratio=np.array([1.0] * F0 + [0.0] * FAULT + [*good]),
        ),
        edges={},
        open_intents=np.array([10] * F0 + [3000] * FAULT + open_after.tolist()),
        begin_s=BEGIN,
        f0_s=F0,
        f1_s=F1,
        hold_s=10,
        good_ratio=1.0,
    )


def test_a_storm_that_stays_is_metastable_and_one_that_leaves_is_not() -> None:
    assert metastable(after(*STAYS))
    assert not metastable(after(*LEAVES))


@pytest.mark.parametrize("seen_s", range(1, 25))
def test_a_storm_that_leaves_is_never_metastable_however_early_the_load_ends(seen_s: int) -> None:
    attempts, good, waiting = LEAVES
    assert not metastable(after(attempts[:seen_s], good[:seen_s], waiting[: max(1, seen_s // 2)]))


@pytest.mark.parametrize("seen_s", [5, 10, 19])
def test_what_stayed_for_less_long_than_the_fault_lasted_is_not_called_so(seen_s: int) -> None:
    assert not metastable(after([11.0] * seen_s, [0.0] * seen_s))
    assert metastable(after([11.0] * 20, [0.0] * 20))


def test_a_fault_that_is_proven_a_little_late_and_long_changes_nothing() -> None:
    run = after([11.0] * 24, [0.0] * 24)
    assert metastable(replace(run, f0_s=F0 + 0.3, f1_s=F1 + 0.6))


def test_a_minute_of_it_is_enough_also_if_it_ends() -> None:
    assert metastable(after([3.0] * 65 + [1.0] * 30, [0.1] * 65 + [1.0] * 30))
    assert not metastable(after([3.0] * 55 + [1.0] * 30, [0.1] * 55 + [1.0] * 30))


@pytest.mark.parametrize(
    "run",
    [
        after([1.2] * 30, [0.0] * 30),
        after([3.0] * 30, [0.6] * 30),
        after([3.0] * 30, [0.0] * 30, due=300),
        after([3.0] * 30, [0.0] * 30, [4000, 1000]),
        after(np.linspace(9, 4, 30).tolist(), [0.0] * 30),
        after([3.0] * 30, [0.0] * 24 + [0.8] * 6),
    ],
    ids=["no more work", "half is good", "more load", "drains", "repeats less", "good at the end"],
)
def test_one_sign_of_another_cause_is_enough_to_say_no(run: Aftermath) -> None:
    assert not metastable(run)


def test_one_quiet_second_does_not_end_a_storm() -> None:
    attempts, good = [9.0] * 30, [0.0] * 30
    attempts[17], good[17] = 1.0, 0.9
    assert metastable(after(attempts, good))


def test_repetition_between_services_counts_although_payers_send_once() -> None:
    quiet = after([1.0] * 30, [0.1] * 30)
    calls = np.full(F1 + 30, 200)
    attempts = np.where(np.arange(F1 + 30) < F0, calls, 8 * calls)
    assert not metastable(quiet)
    assert metastable(replace(quiet, edges={"payments>ledger": (calls, attempts)}))
    assert not metastable(replace(quiet, edges={"payments>ledger": (calls, 8 * calls)})), "as usual"


def test_without_a_baseline_nothing_is_said() -> None:
    assert not metastable(replace(after(*STAYS), begin_s=15, f0_s=15))
