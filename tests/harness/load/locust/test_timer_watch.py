"""The alarm of the hand-out: on time, never early, quiet after it rang."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import gevent
import pytest
from gevent.event import Event

from harness.load.locust.timer_watch import TimerWatch


class Bell:
    """Counts the rings; `heard` is set by each."""

    def __init__(self) -> None:
        self.rings = 0
        self.heard = Event()
        self.timer = TimerWatch(self._ring)

    def _ring(self) -> None:
        self.rings += 1
        self.heard.set()

    def close(self) -> None:
        self.timer.close()


@pytest.fixture
def bell() -> Iterator[Bell]:
    with closing(Bell()) as bell:
        yield bell


def test_it_never_rings_early(bell: Bell) -> None:
    for ahead_us in range(0, 3_000, 100):
        due_ns = time.monotonic_ns() + ahead_us * 1000
        bell.heard.clear()
        bell.timer.set(due_ns)
        assert bell.heard.wait(2)
        assert time.monotonic_ns() >= due_ns


def test_it_rings_once_and_then_the_hub_rests(bell: Bell) -> None:
    bell.timer.set(0)
    gevent.sleep(0.1)
    assert bell.rings == 1


def test_it_can_be_set_to_ring_sooner(bell: Bell) -> None:
    bell.timer.set(time.monotonic_ns() + 10**10)
    gevent.spawn_later(0.02, bell.timer.set, 0)
    assert bell.heard.wait(2)


def test_who_is_called_may_set_it_again() -> None:
    rings: list[int] = []

    def ring() -> None:
        rings.append(1)
        if len(rings) < 5:
            timer.set(0)

    with closing(TimerWatch(ring)) as timer:
        timer.set(0)
        gevent.sleep(0.1)
    assert len(rings) == 5


def test_after_its_close_setting_it_does_nothing() -> None:
    bell = Bell()
    bell.close()
    bell.close()
    bell.timer.set(0)
    gevent.sleep(0.01)
    assert bell.rings == 0
