"""When a chunk is due: the arithmetic alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.targets.base import EdgeFault
from harness.targets.local.tcp_delay import NEVER, due_ns, touches

MS = 1_000_000
NOW = 5_000 * MS


def middle() -> float:
    return 0.5


def test_without_a_fault_it_is_due_now() -> None:
    assert due_ns(None, NOW, 0.0, (10, True), middle) == NOW


def test_latency_holds_the_request_and_not_the_answer() -> None:
    fault = EdgeFault(kind="latency", latency_ms=50)
    assert due_ns(fault, NOW, 0.0, (10, True), middle) == NOW + 50 * MS
    assert due_ns(fault, NOW, 0.0, (10, False), middle) == NOW
    assert touches(fault, from_caller=True)
    assert not touches(fault, from_caller=False)


def test_a_black_hole_gives_nothing_back() -> None:
    assert due_ns(EdgeFault(kind="blackhole"), NOW, 0.0, (10, False), middle) == NEVER


def test_bandwidth_counts_from_the_chunk_before() -> None:
    fault = EdgeFault(kind="bandwidth", kbytes_per_s=100)
    first = due_ns(fault, NOW, 0.0, (1_000, True), middle)
    assert first == NOW + 10 * MS
    assert due_ns(fault, NOW, first, (1_000, True), middle) == NOW + 20 * MS


@given(
    latency_ms=st.floats(0.1, 1000),
    share=st.floats(0, 1),
    arrivals=st.lists(st.tuples(st.integers(0, 50 * MS), st.floats(0, 1)), max_size=30),
)
def test_jitter_never_lets_a_chunk_overtake_or_be_early(
    latency_ms: float, share: float, arrivals: list[tuple[int, float]]
) -> None:
    fault = EdgeFault(kind="latency", latency_ms=latency_ms, jitter_ms=latency_ms * share)
    now, last = NOW, 0.0
    for gap, drawn in arrivals:
        now += gap
        due = due_ns(fault, now, last, (1, True), lambda drawn=drawn: drawn)  # type: ignore[misc]  # a constant draw
        least_ms = fault.latency_ms - fault.jitter_ms
        assert due >= last
        assert due >= now + least_ms * MS - 1
        last = due
