"""Deadlines on a timerfd."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable

import pytest
import uvloop

from harness.targets.local.tcp_proxy.timer_queue import TimerQueue
from tests.support.target_waiting import until_true

MS = 1_000_000


@pytest.mark.parametrize("spread_ms", [1, 100])
def test_never_early_and_in_order(spread_ms: int) -> None:
    async def scene() -> list[tuple[int, int]]:
        queue, draw = TimerQueue(), random.Random(5)
        fired: list[tuple[int, int]] = []
        now = time.monotonic_ns()
        for _ in range(200):
            due = now + draw.randrange(spread_ms * MS)
            queue.at(due, lambda due=due: fired.append((due, time.monotonic_ns())))  # type: ignore[misc]  # bound now
        await until_true(lambda: len(fired) == 200)
        queue.close()
        return fired

    fired = uvloop.run(scene())
    assert all(at >= due for due, at in fired)
    assert [due for due, _ in fired] == sorted(due for due, _ in fired)


def test_a_sooner_deadline_asked_later_comes_first() -> None:
    async def scene() -> list[str]:
        queue, fired = TimerQueue(), list[str]()
        now = time.monotonic_ns()
        queue.at(now + 80 * MS, lambda: fired.append("late"))
        queue.at(now + 5 * MS, lambda: fired.append("soon"))
        await until_true(lambda: len(fired) == 2)
        queue.close()
        return fired

    assert uvloop.run(scene()) == ["soon", "late"]


def test_can_be_exact_to_less_than_a_millisecond() -> None:
    async def one() -> int:
        queue, over = TimerQueue(), asyncio.Event()
        due = time.monotonic_ns() + 3 * MS
        queue.at(due, over.set)
        await over.wait()
        late = time.monotonic_ns() - due
        queue.close()
        return late

    # On a full machine many are late, by the scheduler and not by the clock; one must be sharp.
    late = (uvloop.run(one()) for _ in range(300))
    assert any(0 <= one_late < 1 * MS for one_late in late)


def test_a_callback_may_ask_for_another_and_a_failing_one_stops_nobody() -> None:
    async def scene() -> tuple[list[str], list[str]]:
        queue, fired, failed = TimerQueue(), list[str](), list[str]()
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: failed.append(str(context["exception"]))
        )

        def fail() -> None:
            raise ValueError("a callback's own mistake")

        now = time.monotonic_ns()
        queue.at(now + MS, fail)
        queue.at(now + 2 * MS, lambda: queue.at(now + 3 * MS, lambda: fired.append("asked")))
        queue.at(now + 10 * MS, lambda: fired.append("waited"))
        await until_true(lambda: len(fired) == 2)
        queue.at(time.monotonic_ns(), lambda: fired.append("due already"))
        await until_true(lambda: len(fired) == 3)
        queue.close()
        return fired, failed

    fired, failed = uvloop.run(scene())
    assert fired == ["asked", "waited", "due already"]
    assert failed == ["a callback's own mistake"]


def test_a_far_deadline_costs_at_most_two_wakings_and_then_nothing_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = Counter[str]()
    for name in ("_woken", "_turn"):
        monkeypatch.setattr(TimerQueue, name, counted(getattr(TimerQueue, name), name, seen))

    async def scene() -> None:
        queue, over = TimerQueue(), asyncio.Event()
        queue.at(time.monotonic_ns() + 20 * MS, over.set)
        await over.wait()
        when_over = seen.copy()
        assert when_over["_woken"] in (1, 2)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.02)
        assert seen == when_over
        queue.close()

    uvloop.run(scene())


def counted(
    method: Callable[[TimerQueue], None], name: str, seen: Counter[str]
) -> Callable[[TimerQueue], None]:
    def call(queue: TimerQueue) -> None:
        seen[name] += 1
        method(queue)

    return call


def test_wakings_that_come_too_late_are_asked_for_sooner() -> None:
    async def lead_after(ahead_ns: int) -> int:
        queue = TimerQueue()
        before = queue._lead_ns
        queue._armed_ns = time.monotonic_ns() + ahead_ns
        queue._wake_ns = queue._armed_ns - before
        queue._woken()
        queue.close()
        return queue._lead_ns - before

    assert uvloop.run(lead_after(-1)) > 0
    assert uvloop.run(lead_after(10_000 * MS)) < 0
