"""The hand-out under gevent, with users that are only greenlets: on time, bounded, none lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.queue import SimpleQueue

from harness.load.arrival_agenda import Due
from harness.load.attempt_file import NoRecorder
from harness.load.locust import due_arrivals
from harness.load.locust.due_arrivals import Arrivals
from harness.load.session import Session


class Pool:
    """Stands in for Locust's runner: each user does `work` with what it is handed."""

    environment = None

    def __init__(self, work: Callable[[Arrivals, Due], None], weights: dict[str, int]) -> None:
        self.user_classes = [
            SimpleNamespace(__name__=name, weight=weight) for name, weight in weights.items()
        ]
        self.user_classes_by_name = {name: partial(_User, self, name) for name in weights}
        self.user_greenlets: list[Any] = []
        self.arrivals: Arrivals
        self.work = work

    @property
    def user_count(self) -> int:
        return len(self.user_greenlets)

    def close(self) -> None:
        gevent.killall(self.user_greenlets)


class _User:
    def __init__(self, pool: Pool, kind: str, environment: None) -> None:
        del environment
        self.kind = kind
        self._pool = pool
        self._inbox: Any = SimpleQueue()

    def start(self, group: list[Any]) -> None:
        group.append(gevent.spawn(self._live))

    def take(self, due: Due) -> None:
        self._inbox.put(due)

    def _live(self) -> None:
        arrivals = self._pool.arrivals
        while True:
            arrivals.come_back(self)
            due = self._inbox.get()
            self._pool.work(arrivals, due)
            arrivals.served()


class _UserAtOnce(_User):
    """Its answer is there before it would wait: it serves while the hub hands out."""

    def start(self, group: list[Any]) -> None:
        group.append(gevent.spawn(self._pool.arrivals.come_back, self))

    def take(self, due: Due) -> None:
        del due
        self._pool.arrivals.served()
        self._pool.arrivals.come_back(self)


def run(
    due_us: list[int],
    work: Callable[[Arrivals, Due], None],
    stop_s: float = 3,
    weights: dict[str, int] | None = None,
    user: type[_User] = _User,
) -> Arrivals:
    """One load from now on; the pool starts empty and grows by itself."""
    session = Session(
        arrivals=list(enumerate(due_us)),
        seed=1,
        intent_prefix="t",
        stop_s=stop_s,
        worker=0,
        recorder=NoRecorder(),
    )
    pool = Pool(work, weights or {"Payer": 1})
    names = weights or ("Payer",)
    pool.user_classes_by_name = {name: partial(user, pool, name) for name in names}
    pool.arrivals = Arrivals(session, pool)
    pool.arrivals.run(time.monotonic_ns())
    pool.close()
    return pool.arrivals


def test_each_arrival_starts_once_and_never_before_it_is_due() -> None:
    starts: list[tuple[int, int, int]] = []

    def note(arrivals: Arrivals, due: Due) -> None:
        starts.append((due.intent, due.due_us, arrivals.now_us()))

    due_us = [index * 2_000 for index in range(100)]
    assert run(due_us, note).started == 100
    assert sorted(intent for intent, _, _ in starts) == list(range(100))
    assert all(now_us >= meant_us for _, meant_us, now_us in starts)


def test_the_pool_grows_while_users_are_busy() -> None:
    busy = 0
    most = 0

    def work(arrivals: Arrivals, due: Due) -> None:
        nonlocal busy, most
        del arrivals, due
        busy += 1
        most = max(most, busy)
        gevent.sleep(0.3)
        busy -= 1

    run([0] * 50, work)
    assert most == 50


def test_at_its_bound_arrivals_wait_and_start_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due_arrivals, "MAX_USERS", 2)
    late_us: list[int] = []

    def work(arrivals: Arrivals, due: Due) -> None:
        late_us.append(arrivals.now_us() - due.due_us)
        gevent.sleep(0.02)

    assert run([0] * 10, work).started == 10
    assert sorted(late_us) == late_us
    assert late_us[-1] >= 80_000


def test_a_later_step_is_taken_when_it_is_due_even_by_another_user() -> None:
    steps: list[tuple[object, int]] = []

    def work(arrivals: Arrivals, due: Due) -> None:
        steps.append((due.visit, arrivals.now_us()))
        if due.visit is None:
            arrivals.later(Due(50_000, due.intent, "second"))

    arrivals = run([0], work)
    assert [visit for visit, _ in steps] == [None, "second"]
    assert steps[1][1] >= 50_000
    assert arrivals.started == 1


def test_a_step_that_is_due_sooner_than_all_others_is_not_overslept() -> None:
    when_us: dict[object, int] = {}

    def work(arrivals: Arrivals, due: Due) -> None:
        when_us[due.visit or due.intent] = arrivals.now_us()
        if due.intent == 0 and due.visit is None:
            gevent.sleep(0.02)
            arrivals.later(Due(40_000, 0, "soon"))

    run([0, 600_000], work)
    assert 40_000 <= when_us["soon"] < 400_000


def test_at_the_stop_the_rest_is_given_up() -> None:
    arrivals = run([0, 5_000_000], lambda _, __: None, stop_s=0.1)
    assert arrivals.started == 1
    assert arrivals.now_us() >= 100_000


def test_the_load_ends_when_the_last_answer_comes_while_the_hub_hands_out() -> None:
    arrivals = run([0, 50_000], lambda _, __: None, stop_s=2, user=_UserAtOnce)
    assert arrivals.started == 2
    assert arrivals.now_us() < 2_000_000


def test_arrivals_are_shared_among_user_classes_by_their_weights() -> None:
    served: Counter[int] = Counter()

    def note(arrivals: Arrivals, due: Due) -> None:
        served[arrivals._kind_of(due.intent) == "Often"] += 1

    run([0] * 400, note, weights={"Often": 3, "Seldom": 1})
    assert 270 <= served[True] <= 330
    assert served.total() == 400
