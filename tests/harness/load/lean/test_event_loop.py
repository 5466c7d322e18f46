"""The payers' loop: never early, wakes for whoever calls, and no descriptor is mixed up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from harness.load.lean.event_loop import READ, EventLoop


@pytest.fixture
def loop() -> Iterator[EventLoop]:
    loop = EventLoop()
    yield loop
    loop.close()


def soon_ns(seconds: float) -> int:
    return time.monotonic_ns() + round(seconds * 1e9)


def nothing() -> None:
    pass


def test_a_turn_ends_when_something_is_due_and_a_little_before_at_most(loop: EventLoop) -> None:
    for ahead_us in range(0, 3_000, 50):
        due_ns = soon_ns(ahead_us / 1e6)
        seen: list[int] = []
        while not seen or seen[-1] < due_ns:
            loop.turn(due_ns, lambda seen=seen: seen.append(time.monotonic_ns()))  # type: ignore[misc]
        assert len(seen) < 10, "it spins"


def test_another_thread_can_wake_it(loop: EventLoop) -> None:
    heard: list[str] = []
    caller = threading.Timer(0.02, loop.call_from_outside, [lambda: heard.append("called")])
    caller.start()
    ends_ns = soon_ns(5)
    while not heard and time.monotonic_ns() < ends_ns:
        loop.turn(ends_ns, nothing)
    caller.join()
    assert heard == ["called"]


def test_who_calls_after_the_close_harms_nobody() -> None:
    loop = EventLoop()
    loop.close()
    with socket.socket() as heir:  # the kernel gives closed numbers out again
        loop.call_from_outside(nothing)
        assert heir.fileno() >= 0


def test_what_was_let_go_is_closed_and_never_called(loop: EventLoop) -> None:
    ours, theirs = socket.socketpair()
    called: list[int] = []
    loop.watch(ours.fileno(), READ, lambda: called.append(1))
    with theirs:
        theirs.send(b"x")
        loop.let_go(ours)
        loop.turn(soon_ns(0.02), nothing)
    assert called == []
    assert ours.fileno() == -1


def test_soon_is_the_next_turn_and_not_now(loop: EventLoop) -> None:
    called: list[int] = []
    loop.soon(lambda: called.append(1))
    assert called == []
    loop.turn(soon_ns(5), nothing)
    assert called == [1]


def test_what_is_due_is_looked_at_between_two_events(loop: EventLoop) -> None:
    pairs = [socket.socketpair() for _ in range(3)]
    order: list[str] = []
    for ours, theirs in pairs:
        loop.watch(ours.fileno(), READ, lambda: order.append("event"))
        theirs.send(b"x")
    loop.turn(soon_ns(5), lambda: order.append("look"))
    assert order == ["look", "event", "look", "event", "look", "event", "look"]
    for ours, theirs in pairs:
        loop.let_go(ours)
        theirs.close()
