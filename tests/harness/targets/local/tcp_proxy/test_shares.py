"""Which connections a fault of a TCP edge chooses: a share, by the seed, all or new ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from harness.targets.records import EdgeFault
from tests.support.target_tcp import Caller, Scene, tcp_scene


def act(play: Callable[[Scene], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with tcp_scene() as scene:
            await play(scene)

    uvloop.run(whole())


async def cut(callers: list[Caller]) -> list[int]:
    """The numbers of those that were reset; the others still get an answer."""
    found = []
    for number, caller in enumerate(callers):
        try:
            await caller.ask(b"?")
        except (ConnectionError, asyncio.IncompleteReadError, RuntimeError):  # uvloop: it is closed
            found.append(number)
    return found


@pytest.mark.parametrize("percent", [10, 25, 50, 90])
def test_a_share_of_the_connections_is_chosen_open_and_new_ones(percent: int) -> None:
    async def play(scene: Scene) -> None:
        callers = [await scene.caller() for _ in range(40)]
        for caller in callers:
            await caller.ask(b"x")
        await scene.set(EdgeFault(kind="reset", percent=percent, seed=3))
        callers += [await scene.caller() for _ in range(40)]
        found = await cut(callers)
        wanted = 80 * percent / 100
        assert abs(len(found) - wanted) <= 2
        assert abs(len([n for n in found if n < 40]) - wanted / 2) <= 2
        count = scene.edge.fault_counts()[0]
        assert (count.offered, count.connections, count.hits) == (80, len(found), len(found))

    act(play)


def test_the_same_seed_chooses_the_same_connections() -> None:
    async def chosen(seed: int) -> list[int]:
        async with tcp_scene() as scene:
            await scene.set(EdgeFault(kind="reset", percent=30, seed=seed))
            return await cut([await scene.caller() for _ in range(30)])

    async def whole() -> None:
        assert await chosen(1) == await chosen(1) != await chosen(2)

    uvloop.run(whole())


def test_only_new_connections_are_chosen_if_so_asked() -> None:
    async def play(scene: Scene) -> None:
        old = await scene.caller()
        await old.ask(b"x")
        await scene.set(EdgeFault(kind="reset", connections="new"))
        new = await scene.caller()
        assert await cut([old, new]) == [1]

    act(play)
