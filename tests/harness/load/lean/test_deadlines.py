"""A deadline is told once, after its time, and only if it was not met."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from harness.load.lean.deadlines import NEVER_NS, Deadlines


@dataclass
class Waiting:
    name: int
    told: list[int] = field(default_factory=list)
    step: int = 0

    def late(self) -> None:
        self.told.append(self.name)
        self.step += 1


def test_nobody_is_told_before_the_time() -> None:
    deadlines, one = Deadlines(), Waiting(1)
    deadlines.add(100, one)
    deadlines.ring(99)
    assert one.told == []
    deadlines.ring(100)
    deadlines.ring(200)
    assert one.told == [1]


def test_a_deadline_that_was_met_is_forgotten() -> None:
    deadlines, one, two = Deadlines(), Waiting(1), Waiting(2)
    deadlines.add(100, one)
    deadlines.add(150, two)
    one.step += 1
    assert deadlines.next_ns() == 150
    two.step += 1
    assert deadlines.next_ns() == NEVER_NS
    deadlines.ring(1000)
    assert one.told == two.told == []


def test_a_new_step_has_its_own_deadline() -> None:
    deadlines, one = Deadlines(), Waiting(1)
    deadlines.add(100, one)
    one.step += 1
    deadlines.add(300, one)
    deadlines.ring(200)
    assert one.told == []
    deadlines.ring(300)
    assert one.told == [1]


@given(st.lists(st.tuples(st.integers(0, 1000), st.booleans()), max_size=60), st.integers(0, 1000))
def test_whatever_the_order_all_that_are_over_are_told_by_their_time(
    asked: list[tuple[int, bool]], now_ns: int
) -> None:
    deadlines, told = Deadlines(), list[int]()
    for ends_ns, met in asked:
        waiting = Waiting(ends_ns, told)
        deadlines.add(ends_ns, waiting)
        waiting.step += met
    deadlines.ring(now_ns)
    assert told == sorted(ends for ends, met in asked if not met and ends <= now_ns)
    left = [ends for ends, met in asked if not met and ends > now_ns]
    assert deadlines.next_ns() == min(left, default=NEVER_NS)
