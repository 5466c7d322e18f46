"""Leases end by themselves, and say so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from harness.errors import TargetError
from harness.targets.local.leases import Leases
from tests.support.target_timeline import HeardTimeline
from tests.support.target_waiting import until_true


class Undoings:
    """Counts undoings; the first `failures` of them fail."""

    def __init__(self, failures: int = 0) -> None:
        self.done, self._failures = 0, failures

    async def __call__(self) -> None:
        if self._failures:
            self._failures -= 1
            raise TargetError("not now")
        self.done += 1


def scene(play: Callable[[Leases, HeardTimeline], Awaitable[None]]) -> None:
    async def whole() -> None:
        heard = HeardTimeline()
        await play(Leases(heard), heard)

    asyncio.run(whole())


def test_undoes_at_its_end_and_tells() -> None:
    async def play(leases: Leases, heard: HeardTimeline) -> None:
        undo = Undoings()
        leases.hold("ledger-1", 0.02, undo)
        assert leases.holds("ledger-1")
        await until_true(lambda: undo.done)
        assert not leases.holds("ledger-1")
        assert [(e.kind, e.name) for e in heard.events] == [("lease_expired", "ledger-1")]

    scene(play)


def test_tries_again_while_the_undoing_fails() -> None:
    async def play(leases: Leases, heard: HeardTimeline) -> None:
        del heard
        undo = Undoings(failures=2)
        leases.hold("a>b", 0.01, undo)
        await until_true(lambda: undo.done)

    scene(play)


def test_renewal_counts_from_now() -> None:
    async def play(leases: Leases, heard: HeardTimeline) -> None:
        loop, undo = asyncio.get_running_loop(), Undoings()
        leases.hold("a>b", 0.05, undo)
        began = loop.time()
        leases.renew("a>b", 0.2)
        await until_true(lambda: undo.done)
        assert loop.time() - began >= 0.199
        assert len(heard.events) == 1

    scene(play)


def test_a_dropped_lease_undoes_nothing_and_cannot_be_renewed() -> None:
    async def play(leases: Leases, heard: HeardTimeline) -> None:
        first, last = Undoings(), Undoings()
        leases.hold("a>b", 0.01, first)
        leases.drop("a>b")
        leases.hold("b>c", 0.03, last)
        await until_true(lambda: last.done)
        assert first.done == 0
        assert [e.name for e in heard.events] == ["b>c"]
        with pytest.raises(TargetError, match="a>b has no fault"):
            leases.renew("a>b", 1)

    scene(play)
