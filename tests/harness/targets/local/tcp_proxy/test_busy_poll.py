"""When the proxy's loop keeps turning, and when it goes to sleep."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest

from harness.targets.local.tcp_proxy.busy_poll import (
    BUSY_FROM,
    PATIENCE_NS,
    REST_MAX_S,
    REST_MIN_S,
    Vigil,
)

TURN_NS = 2_000


class Turns:
    """A loop that turns when it is told to, each turn taking as long as it is told."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.soon: deque[Callable[[], None]] = deque()
        self.rests_s: list[float] = []
        self.later: deque[Callable[[], None]] = deque()

    def call_soon(self, callback: Callable[[], None], /) -> None:
        self.soon.append(callback)

    def call_later(self, delay_s: float, callback: Callable[[], None], /) -> None:
        self.rests_s.append(delay_s)
        self.later.append(callback)

    def turn(self, took_ns: int = TURN_NS) -> None:
        self.now_ns += took_ns
        for _ in range(len(self.soon)):
            self.soon.popleft()()

    def until_asleep(self) -> int:
        """The turns that it took."""
        turns = 0
        while self.soon:
            self.turn()
            turns += 1
            assert turns < 1_000, "it never sleeps"
        return turns

    def rest(self) -> None:
        self.later.popleft()()


@pytest.fixture
def loop() -> Turns:
    return Turns()


@pytest.fixture
def vigil(loop: Turns) -> Vigil:
    return Vigil(loop, lambda: loop.now_ns)


def test_nothing_comes_and_it_sleeps_soon_and_rests(loop: Turns, vigil: Vigil) -> None:
    vigil.begin()
    assert not vigil.ready
    assert loop.until_asleep() == PATIENCE_NS / TURN_NS
    assert not vigil.ready
    loop.rest()
    assert vigil.ready


def test_each_vigil_in_vain_makes_the_rest_longer_up_to_a_limit(loop: Turns, vigil: Vigil) -> None:
    for _ in range(6):
        vigil.begin()
        loop.until_asleep()
        loop.rest()
    assert loop.rests_s[:3] == [REST_MIN_S, 2 * REST_MIN_S, 4 * REST_MIN_S]
    assert loop.rests_s[-2:] == [REST_MAX_S, REST_MAX_S]


def test_it_goes_on_while_something_comes_and_may_then_be_begun_again(
    loop: Turns, vigil: Vigil
) -> None:
    vigil.begin()
    for _ in range(100):
        loop.turn(PATIENCE_NS - TURN_NS - 1)
        vigil.fresh = True
        loop.turn()
        assert loop.soon, "it has gone to sleep"
    loop.until_asleep()
    assert vigil.ready
    assert not loop.rests_s


def test_one_answer_alone_does_not_pay(loop: Turns, vigil: Vigil) -> None:
    vigil.begin()
    vigil.fresh = True
    loop.until_asleep()
    assert not vigil.ready


def test_success_makes_the_rests_short_again(loop: Turns, vigil: Vigil) -> None:
    for chunks in (0, 0, 5, 0):
        vigil.begin()
        for _ in range(chunks):
            vigil.fresh = True
            loop.turn()
        loop.until_asleep()
        if not vigil.ready:
            loop.rest()
    assert loop.rests_s == [REST_MIN_S, 2 * REST_MIN_S, REST_MIN_S]


def test_a_loop_that_has_always_work_needs_no_vigil(loop: Turns, vigil: Vigil) -> None:
    vigil.begin()
    for _ in range(BUSY_FROM):
        assert loop.soon
        vigil.fresh = True
        loop.turn()
    assert not loop.soon
    assert loop.rests_s == [REST_MIN_S]


def test_a_busy_core_is_left_alone(loop: Turns, vigil: Vigil) -> None:
    vigil.begin()
    vigil.fresh = True
    loop.turn(PATIENCE_NS + 1)
    assert not loop.soon
    assert not vigil.ready
    assert loop.rests_s == [REST_MIN_S]
