"""One direction of a connection under faults, with the time given: rates, delays, order."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.targets.local.tcp_proxy.active_fault import ActiveFault
from harness.targets.local.tcp_proxy.passage import HELD_BYTES_MAX, HELD_ITEMS_MAX, Passage
from harness.targets.local.tcp_proxy.stages import NEVER, Mark, Stage, stage_for
from harness.targets.records import EdgeFault, FaultCount

MS = 1_000_000
S = 1_000 * MS
NOW = 5_000 * MS


def active(fault: EdgeFault) -> ActiveFault:
    return ActiveFault(fault, FaultCount(slot=fault.name))


def stage(fault: EdgeFault, *, from_caller: bool = True) -> Stage:
    made = stage_for(active(fault), from_caller=from_caller)
    assert made is not None
    return made


def passage(*faults: EdgeFault) -> Passage:
    made = Passage()
    made.retune(tuple(stage(fault) for fault in faults))
    return made


def drain(it: Passage) -> list[tuple[float, bytes | Mark]]:
    """All that comes out, each piece with the time at which it was due."""
    out: list[tuple[float, bytes | Mark]] = []
    while (due := it.next_ns()) != NEVER:
        item = it.take(math.ceil(due))
        assert item is not None
        out.append((due, item))
    return out


def joined(out: list[tuple[float, bytes | Mark]]) -> bytes:
    return b"".join(item for _, item in out if isinstance(item, bytes))


def test_without_a_fault_it_is_due_now() -> None:
    it = passage()
    it.put(NOW, b"x")
    assert it.next_ns() == NOW
    assert (it.take(NOW), it.take(NOW)) == (b"x", None)


def test_latency_holds_the_request_and_by_default_not_the_answer() -> None:
    late = EdgeFault(kind="latency", latency_ms=50)
    it = passage(late)
    it.put(NOW, b"x")
    assert it.next_ns() == NOW + 50 * MS
    assert it.take(NOW + 50 * MS - 1) is None
    assert stage_for(active(late), from_caller=False) is None


@pytest.mark.parametrize(
    ("direction", "upstream", "downstream"),
    [("upstream", True, False), ("downstream", False, True), ("both", True, True)],
)
@pytest.mark.parametrize("kind", ["latency", "bandwidth", "slicer", "limit_data", "blackhole"])
def test_a_direction_is_touched_if_it_was_named(
    kind: str, direction: str, upstream: bool, downstream: bool
) -> None:
    fault = EdgeFault(kind=kind, direction=direction, kbytes_per_s=1)  # type: ignore[arg-type]  # parametrize gives str
    found = [stage_for(active(fault), from_caller=side) is not None for side in (True, False)]
    assert found == [upstream, downstream]


def test_a_black_hole_gives_nothing_back_until_it_is_over() -> None:
    it = passage(EdgeFault(kind="blackhole"))
    it.put(NOW, b"x")
    it.put(NOW + 5, Mark.END)
    assert it.next_ns() == NEVER
    it.retune(())
    assert [item for _, item in drain(it)] == [b"x", Mark.END]


def test_each_chunk_takes_its_time_on_the_line() -> None:
    it = passage(EdgeFault(kind="bandwidth", kbytes_per_s=100))
    it.put(NOW, bytes(1_000))
    it.put(NOW, bytes(1_000))
    assert [due for due, _ in drain(it)] == [NOW + 9 * MS, NOW + 19 * MS]


class Sender:
    """Sends as fast as it may, in chunks of given sizes, and is woken late now and then."""

    def __init__(self, it: Passage, sizes: list[int], late_ms: list[float]) -> None:
        self.it, self.sizes, self.late_ms = it, sizes, late_ms
        self.put = self.turns = 0

    def run(self, seconds: int) -> list[int]:
        """Bytes that went on in each second."""
        now, begun, per_second = NOW, NOW, [0] * (seconds + 1)
        while now - begun < seconds * S:
            while not self.it.is_full:
                self.it.put(now, bytes(self.sizes[self.put % len(self.sizes)]))
                self.put += 1
            while isinstance(item := self.it.take(now), bytes):
                per_second[(now - begun) // S] += len(item)
            late_ns = round(self.late_ms[self.turns % len(self.late_ms)] * MS)
            now = max(now, math.ceil(self.it.next_ns())) + late_ns
            self.turns += 1
        return per_second[:seconds]


@pytest.mark.parametrize("size", [1, 536, 1_448, 14_480, 65_536, 131_072, 262_144])
@pytest.mark.parametrize("rate", [1, 10, 50, 1_000, 10_000, 50_000])
def test_a_rate_is_kept_within_a_tenth_in_each_second(rate: int, size: int) -> None:
    it = passage(EdgeFault(kind="bandwidth", kbytes_per_s=rate))
    sizes = [size] if size * 2_000 > rate * 1_000 else [size] * 7 + [16_384]
    for got in Sender(it, sizes, [0.05]).run(2):
        assert 0.9 <= got / (rate * 1_000) <= 1.1


@settings(max_examples=60, deadline=None)
@given(
    rate=st.floats(1, 50_000),
    sizes=st.lists(st.integers(1_000, 262_144), min_size=1, max_size=8),
    late_ms=st.lists(st.floats(0, 4), min_size=1, max_size=8),
)
def test_any_rate_is_kept_whatever_the_chunks_and_however_late_it_is_woken(
    rate: float, sizes: list[int], late_ms: list[float]
) -> None:
    it = passage(EdgeFault(kind="bandwidth", kbytes_per_s=rate))
    for got in Sender(it, sizes, late_ms).run(3):
        assert 0.9 <= got / (rate * 1_000) <= 1.1


def test_a_rate_with_a_latency_is_still_the_rate() -> None:
    late = EdgeFault(kind="latency", latency_ms=100)
    it = passage(late, EdgeFault(kind="bandwidth", kbytes_per_s=20_000))
    for got in Sender(it, [65_536], [0.1]).run(3)[1:]:
        assert 0.9 <= got / 20_000_000 <= 1.1


def test_a_line_makes_up_for_late_waking_and_not_for_a_reader_that_took_nothing() -> None:
    it = passage(EdgeFault(kind="bandwidth", kbytes_per_s=100))
    it.put(NOW, bytes(100_000))
    late = NOW + 200 * MS
    sent = 0
    while isinstance(item := it.take(late), bytes):
        sent += len(item)
    assert sent == 20_000
    it.stalled(late + 10 * S)
    assert it.next_ns() == late + 10 * S + 20 * MS


def test_a_chunk_that_did_not_have_to_wait_for_the_line_is_no_hit() -> None:
    fault = active(EdgeFault(kind="bandwidth", kbytes_per_s=50_000))
    made = stage_for(fault, from_caller=True)
    assert made is not None
    it = Passage()
    it.retune((made,))
    it.put(NOW, bytes(100))
    assert drain(it)[0][0] == NOW
    assert fault.hits == 0
    it.put(NOW, bytes(60_000))
    drain(it)
    assert (fault.hits, fault.bytes) == (1, 60_000)


def test_slices_are_as_long_as_asked_and_as_far_apart() -> None:
    it = passage(EdgeFault(kind="slicer", average_bytes=100, variation_bytes=20, gap_ms=2))
    data = random.Random(1).randbytes(10_000)
    it.put(NOW, data)
    out = drain(it)
    sizes = [len(item) for _, item in out if isinstance(item, bytes)]
    assert joined(out) == data
    assert all(80 <= size <= 120 for size in sizes[:-1])
    assert len(set(sizes)) > 10
    assert [due for due, _ in out] == [NOW + n * 2 * MS for n in range(len(out))]


def test_slices_of_the_same_seed_are_the_same() -> None:
    def sizes(seed: int) -> list[int]:
        fault = EdgeFault(kind="slicer", average_bytes=100, variation_bytes=50, seed=seed)
        it = passage(fault)
        it.put(NOW, bytes(5_000))
        return [len(item) for _, item in drain(it) if isinstance(item, bytes)]

    assert sizes(1) == sizes(1) != sizes(2)


def test_a_limit_passes_exactly_so_many_bytes_and_then_closes() -> None:
    it = passage(EdgeFault(kind="limit_data", limit_bytes=1_500))
    for _ in range(3):
        it.put(NOW, bytes(1_000))
    out = [item for _, item in drain(it)]
    assert [len(item) for item in out if isinstance(item, bytes)] == [1_000, 500]
    assert out[-1] is Mark.FINISH
    assert it.held_bytes == 0


def test_a_slow_close_holds_the_end_and_no_bytes() -> None:
    it = passage(EdgeFault(kind="slow_close", delay_ms=40))
    it.put(NOW, b"x")
    it.put(NOW, Mark.CUT)
    assert drain(it) == [(NOW, b"x"), (NOW + 40 * MS, Mark.CUT)]


@given(
    latency_ms=st.floats(0.1, 1000),
    share=st.floats(0, 1),
    gaps=st.lists(st.integers(0, 50 * MS), max_size=30),
)
def test_jitter_never_lets_a_chunk_overtake_or_be_early(
    latency_ms: float, share: float, gaps: list[int]
) -> None:
    jitter_ms = latency_ms * share
    it = passage(EdgeFault(kind="latency", latency_ms=latency_ms, jitter_ms=jitter_ms))
    now, least_ns = NOW, (latency_ms - jitter_ms) * MS
    arrived = [now := now + gap for gap in gaps]
    for at in arrived:
        it.put(at, b"x")
    dues = [due for due, _ in drain(it)]
    assert dues == sorted(dues)
    assert all(due >= at + least_ns - 1 for due, at in zip(dues, arrived, strict=True))


HARMLESS: list[Callable[[int], EdgeFault]] = [
    lambda n: EdgeFault(kind="latency", latency_ms=n, jitter_ms=n / 2, seed=n),
    lambda n: EdgeFault(kind="bandwidth", kbytes_per_s=n * 10),
    lambda n: EdgeFault(kind="slicer", average_bytes=n * 7, variation_bytes=n, gap_ms=n / 50),
    lambda n: EdgeFault(kind="slow_close", delay_ms=n),
    lambda _: EdgeFault(kind="blackhole"),
]
MIXES = st.lists(st.tuples(st.sampled_from(HARMLESS), st.integers(1, 100)), max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    mixes=st.lists(MIXES, min_size=1, max_size=5),
    sizes=st.lists(st.integers(0, 3_000), min_size=1, max_size=12),
)
def test_bytes_pass_any_changing_mix_of_harmless_faults_intact_and_in_order(
    mixes: list[list[tuple[Callable[[int], EdgeFault], int]]], sizes: list[int]
) -> None:
    it, now, sent, got = Passage(), NOW, b"", b""
    draw = random.Random(7)
    for mix in mixes:
        it.retune(tuple(stage(make(number)) for make, number in mix))
        for size in sizes:
            sent += (data := draw.randbytes(size + 1))
            it.put(now, data)
            now += draw.randrange(30 * MS)
            while isinstance(item := it.take(now), bytes):
                got += item
    it.put(now, Mark.END)
    it.retune(())
    out = drain(it)
    assert got + joined(out) == sent
    assert out[-1][1] is Mark.END
    assert it.held_bytes == 0


def test_it_is_full_by_bytes_and_by_the_number_of_chunks() -> None:
    it = passage(EdgeFault(kind="blackhole"))
    it.put(NOW, bytes(HELD_BYTES_MAX))
    assert it.is_full
    small = passage(EdgeFault(kind="blackhole"))
    for _ in range(HELD_ITEMS_MAX):
        small.put(NOW, b"x")
    assert small.is_full


@given(percent=st.floats(0.0001, 100), seed=st.integers(0, 1000), before=st.integers(0, 50))
def test_of_any_connections_in_a_row_the_share_is_chosen(
    percent: float, seed: int, before: int
) -> None:
    fault = active(EdgeFault(kind="reset", percent=percent, seed=seed))
    for _ in range(before):
        fault.choose()
    for size in (10, 100, 1_000):
        chosen = sum(fault.choose() for _ in range(size))
        assert abs(chosen - size * percent / 100) < 4


def test_the_choice_follows_the_seed() -> None:
    def chosen(seed: int) -> list[bool]:
        fault = active(EdgeFault(kind="reset", percent=30, seed=seed))
        return [fault.choose() for _ in range(50)]

    assert chosen(1) == chosen(1) != chosen(2)
