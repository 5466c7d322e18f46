"""A deadline rings once, after its time, and only if it was not met."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gevent
import pytest

from scenarios.deadline_alarm import DeadlineAlarm


class Bell:
    def __init__(self) -> None:
        self.rang_s: list[float] = []
        self.alarm = DeadlineAlarm(self.ring)

    def ring(self) -> None:
        self.rang_s.append(time.monotonic())


@pytest.fixture
def bell() -> Iterator[Bell]:
    bell = Bell()
    yield bell
    bell.alarm.close()


def let_the_hub_run(seconds: float) -> None:
    gevent.sleep(seconds)


def test_it_rings_once_and_never_early(bell: Bell) -> None:
    ends_s = time.monotonic() + 0.05
    bell.alarm.set(ends_s)
    let_the_hub_run(0.15)
    assert len(bell.rang_s) == 1
    assert bell.rang_s[0] >= ends_s


def test_a_deadline_that_was_met_does_not_ring(bell: Bell) -> None:
    bell.alarm.set(time.monotonic() + 0.03)
    bell.alarm.clear()
    let_the_hub_run(0.1)
    assert bell.rang_s == []


def test_a_later_deadline_replaces_the_one_under_way(bell: Bell) -> None:
    bell.alarm.set(time.monotonic() + 0.03)
    bell.alarm.clear()
    ends_s = time.monotonic() + 0.12
    bell.alarm.set(ends_s)
    let_the_hub_run(0.25)
    assert len(bell.rang_s) == 1
    assert bell.rang_s[0] >= ends_s


def test_a_sooner_deadline_is_not_overslept(bell: Bell) -> None:
    bell.alarm.set(time.monotonic() + 10)
    bell.alarm.set(time.monotonic() + 0.03)
    let_the_hub_run(0.2)
    assert len(bell.rang_s) == 1


def test_after_its_close_it_is_silent_and_can_be_set_again(bell: Bell) -> None:
    bell.alarm.set(time.monotonic() + 0.02)
    bell.alarm.close()
    let_the_hub_run(0.06)
    assert bell.rang_s == []
    bell.alarm.set(time.monotonic() + 0.02)
    let_the_hub_run(0.1)
    assert len(bell.rang_s) == 1
