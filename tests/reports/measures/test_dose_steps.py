"""A small share that is a step to a larger one needs no proof of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reports.measures import dose
from reports.measures.held import about_held
from reports.measures.phases import FaultLife
from tests.support.fault_lives import life, share


def test_a_small_share_on_the_way_to_a_larger_one_needs_no_proof_of_its_own() -> None:
    small, large = share(1, 641, 6), share(10, 394, 45)
    assert "too few" in dose.unseen(small)
    assert dose.is_step(small, (small, large))
    assert dose.unseen(small, as_step=True) == ""
    assert not dose.is_step(large, (small, large))
    assert "too few" in dose.unseen(share(1, 60, 0), as_step=True)


@pytest.mark.parametrize(
    "larger",
    [
        share(10, 20, 2),
        share(10, 400, 4),
        share(1, 5000, 50),
        replace(share(10, 394, 45), target="b>c"),
    ],
)
def test_a_share_is_no_step_to_one_that_is_not_proven_or_is_of_another_fault(
    larger: FaultLife,
) -> None:
    small = share(1, 641, 6)
    assert not dose.is_step(small, (small, larger))
    slower = life({"percent": 1, "latency_ms": 300}, {"units": 641, "touched": 6})
    assert not dose.is_step(slower, (slower, share(10, 394, 45)))


def test_a_canary_whose_first_step_was_small_counts() -> None:
    about = about_held((share(1, 641, 6), share(10, 394, 45)), (), 0)
    assert [reason.code for reason in about] == []
    alone = about_held((share(1, 641, 6),), (), 0)
    assert [reason.code for reason in alone] == ["fault_unobserved"]
