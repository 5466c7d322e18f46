"""The alarm of the hand-out: on time, never early, quiet when nobody waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

import gevent
import pytest

from harness.load.locust.timer_watch import TimerWatch


class Counting(TimerWatch):
    def __init__(self) -> None:
        self.rings = 0
        super().__init__()

    def _ring(self) -> None:
        self.rings += 1
        super()._ring()


@pytest.fixture
def timer() -> Iterator[TimerWatch]:
    with closing(TimerWatch()) as timer:
        yield timer


def test_it_never_rings_early(timer: TimerWatch) -> None:
    for ahead_us in range(0, 3_000, 100):
        due_ns = time.monotonic_ns() + ahead_us * 1000
        timer.set(due_ns)
        timer.wait()
        assert time.monotonic_ns() >= due_ns


def test_a_ring_that_nobody_heard_is_not_lost(timer: TimerWatch) -> None:
    timer.set(0)
    gevent.sleep(0.02)
    with gevent.Timeout(2):
        timer.wait()


def test_it_rings_once_and_then_the_hub_rests() -> None:
    with closing(Counting()) as timer:
        timer.set(0)
        timer.wait()
        gevent.sleep(0.1)
        assert timer.rings <= 2


def test_who_waits_can_be_woken_sooner_by_another(timer: TimerWatch) -> None:
    timer.set(time.monotonic_ns() + 10**10)
    gevent.spawn_later(0.02, timer.set, 0)
    with gevent.Timeout(2):
        timer.wait()


def test_who_is_killed_while_it_waits_is_not_woken(timer: TimerWatch) -> None:
    timer.set(time.monotonic_ns() + 50_000_000)
    waiter = gevent.spawn(timer.wait)
    gevent.sleep(0)
    waiter.kill()
    gevent.sleep(0.1)
    assert waiter.dead
    with gevent.Timeout(2):
        timer.wait()


def test_after_its_close_setting_it_does_nothing() -> None:
    timer = TimerWatch()
    timer.close()
    timer.close()
    timer.set(0)
