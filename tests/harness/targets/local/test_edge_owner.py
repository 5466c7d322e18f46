"""Counters over restarts of whoever counts."""

from __future__ import annotations

from harness.targets.local.edge_owner import Carried, Counts


def test_goes_on_when_the_counting_process_starts_anew() -> None:
    carried = Carried()
    assert carried.total("a>b", Counts(10, 4)) == (10, 4, 0)
    assert carried.total("a>b", Counts(2, 0)) == (12, 4, 0)
    assert carried.total("a>b", Counts(3, 1, 2)) == (13, 5, 2)


def test_edges_are_counted_apart() -> None:
    carried = Carried()
    carried.total("a>b", Counts(10, 4))
    assert carried.total("b>c", Counts(1, 1)) == (1, 1, 0)
