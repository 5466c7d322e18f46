"""Counters over restarts of the process that counts."""

from __future__ import annotations

from harness.targets.local.edge_owner import Carried


def test_goes_on_when_the_counting_process_starts_again() -> None:
    carried = Carried()
    assert carried.total("a>b", (10, 4)) == (10, 4)
    assert carried.total("a>b", (2, 0)) == (12, 4)
    assert carried.total("a>b", (3, 1)) == (13, 5)


def test_edges_are_counted_apart() -> None:
    carried = Carried()
    carried.total("a>b", (10, 4))
    assert carried.total("b>c", (1, 1)) == (1, 1)
