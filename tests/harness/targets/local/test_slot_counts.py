"""Each slot counts what its own fault has touched."""

from __future__ import annotations

from harness.targets.local.slot_counts import SlotCounts
from harness.targets.records import FaultCount


def kind(hits: int, exposed: int) -> FaultCount:
    return FaultCount(slot="", hits=hits, exposed=exposed)


def counted(counts: SlotCounts, hits: int, exposed: int) -> dict[str, tuple[int, int]]:
    found = counts.all({"errors": kind(hits, exposed)})
    return {count.slot: (count.hits, count.exposed) for count in found}


def test_a_slot_begins_at_zero() -> None:
    counts = SlotCounts()
    counts.take_over("a", "errors", kind(5, 900))
    assert counted(counts, 5, 900) == {"a": (0, 0)}
    assert counted(counts, 7, 910) == {"a": (2, 10)}


def test_the_next_slot_ends_the_count_of_the_one_before() -> None:
    counts = SlotCounts()
    counts.take_over("a", "errors", kind(0, 0))
    counts.take_over("b", "errors", kind(2, 10))
    assert counted(counts, 5, 30) == {"a": (2, 10), "b": (3, 20)}


def test_a_slot_that_is_used_again_goes_on_counting() -> None:
    counts = SlotCounts()
    counts.take_over("a", "errors", kind(0, 0))
    counts.take_over("b", "errors", kind(2, 10))
    counts.take_over("a", "errors", kind(5, 30))
    counts.take_over("a", "errors", kind(6, 34))
    assert counted(counts, 6, 34) == {"a": (3, 14), "b": (3, 20)}
