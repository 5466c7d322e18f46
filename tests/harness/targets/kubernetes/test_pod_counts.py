"""An edge over several pods: counts go on when a pod ends, and pods that differ are an error."""

from __future__ import annotations

from harness.targets.kubernetes.pod_counts import PodCounts
from harness.targets.records import EdgeFault, EdgeStatus, FaultCount

EDGE = "a>b"
SLOW = EdgeFault(kind="latency", latency_ms=5)


def said(requests: int, hits: int, *faults: EdgeFault) -> list[EdgeStatus]:
    count = FaultCount(slot="latency", hits=hits, exposed=requests)
    one = EdgeStatus(
        name=EDGE, address="x", requests=requests, hits=hits, faults=faults, counts=(count,)
    )
    return [one]


def test_the_counts_of_a_pod_that_has_ended_stay_in_the_sum() -> None:
    counts = PodCounts()
    counts.saw("one", said(10, 4, SLOW))
    counts.saw("two", said(20, 5, SLOW))
    status = counts.status(EDGE, ["two"])
    assert (status.requests, status.hits, status.count_of("latency").exposed) == (30, 9, 30)


def test_a_keeper_that_starts_again_counts_on() -> None:
    counts = PodCounts()
    counts.saw("one", said(10, 4))
    counts.saw("one", said(3, 1))
    assert (counts.status(EDGE, ["one"]).requests, counts.status(EDGE, ["one"]).hits) == (13, 5)


def test_a_fault_is_on_when_every_ready_pod_has_it() -> None:
    counts = PodCounts()
    counts.saw("one", said(1, 0, SLOW))
    counts.saw("two", said(1, 0, SLOW))
    assert counts.status(EDGE, ["one", "two"]).fault_in("latency") == SLOW
    assert not counts.status(EDGE, ["one", "two"]).error


def test_a_pod_without_the_fault_is_neither_on_nor_off() -> None:
    counts = PodCounts()
    counts.saw("one", said(1, 0, SLOW))
    counts.saw("two", said(1, 0))
    status = counts.status(EDGE, ["one", "two"])
    assert status.fault_in("latency") is None
    assert "others have not" in status.error


def test_a_ready_pod_that_never_answered_is_an_error() -> None:
    counts = PodCounts()
    counts.saw("one", said(1, 0))
    assert "1 of its pods" in counts.status(EDGE, ["one", "two"]).error
    assert "1 of its pods" in counts.status(EDGE, ["two"]).error
    assert counts.status("c>d", []).requests == 0
