"""A reset stays a reset through the proxy and an end stays an end, whichever side it came from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from harness.targets.records import EdgeFault
from tests.support.target_tcp import Caller, Scene, tcp_scene
from tests.support.target_waiting import until_true

Play = Callable[[Scene, Caller, Caller], Awaitable[None]]


def act(play: Play) -> None:
    """A caller and the server's side of its connection, both in the test's hand."""

    async def whole() -> None:
        async with tcp_scene(echoes=False) as scene:
            await play(scene, *await scene.pair())

    uvloop.run(whole())


def other(side: str, caller: Caller, server: Caller) -> tuple[Caller, Caller]:
    return (server, caller) if side == "server" else (caller, server)


SIDES = pytest.mark.parametrize("side", ["server", "caller"])


@SIDES
def test_a_reset_of_one_side_is_a_reset_for_the_other(side: str) -> None:
    async def play(scene: Scene, caller: Caller, server: Caller) -> None:
        here, there = other(side, caller, server)
        here.reset()
        with pytest.raises(ConnectionResetError):
            await there.rest()
        await until_true(lambda: scene.edge.connections == 0)

    act(play)


@SIDES
def test_what_was_sent_before_the_reset_arrives_before_it(side: str) -> None:
    async def play(_scene: Scene, caller: Caller, server: Caller) -> None:
        here, there = other(side, caller, server)
        here.send(b"last words")
        assert await there.get(10) == b"last words"
        here.reset()
        with pytest.raises(ConnectionResetError):
            await there.rest()

    act(play)


@SIDES
def test_an_end_is_an_end_and_the_other_way_stays_open(side: str) -> None:
    async def play(scene: Scene, caller: Caller, server: Caller) -> None:
        here, there = other(side, caller, server)
        here.writer.write_eof()
        assert await there.rest() == b""
        there.send(b"still here")
        assert await here.get(10) == b"still here"
        there.writer.close()
        assert await here.rest() == b""
        await until_true(lambda: scene.edge.connections == 0)

    act(play)


@SIDES
def test_a_reset_after_the_others_half_close_is_a_reset(side: str) -> None:
    async def play(_scene: Scene, caller: Caller, server: Caller) -> None:
        here, there = other(side, caller, server)
        there.writer.write_eof()
        assert await here.rest() == b""
        here.reset()
        with pytest.raises(ConnectionResetError):
            await there.rest()

    act(play)


@SIDES
def test_a_side_that_closes_with_unread_bytes_resets_the_other(side: str) -> None:
    """The kernel answers a close with RST when the process has not read all."""

    async def play(_scene: Scene, caller: Caller, server: Caller) -> None:
        here, there = other(side, caller, server)
        here.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is a transport that reads
        there.send(bytes(1_000))
        here.send(b"x")
        assert await there.get(1) == b"x"
        here.writer.transport.abort()
        with pytest.raises(ConnectionResetError):
            await there.rest()

    act(play)


def test_a_reset_waits_behind_the_bytes_that_a_delay_holds() -> None:
    async def play(scene: Scene, caller: Caller, server: Caller) -> None:
        late = EdgeFault(kind="latency", latency_ms=50, direction="downstream")
        await scene.set(late)
        server.send(b"late")
        await until_true(lambda: scene.edge.hits == 1)
        server.reset()
        assert await caller.get(4) == b"late"
        with pytest.raises(ConnectionResetError):
            await caller.rest()

    act(play)


def test_a_reset_in_a_black_hole_arrives_when_it_heals() -> None:
    async def play(scene: Scene, caller: Caller, server: Caller) -> None:
        await scene.set(EdgeFault(kind="blackhole"))
        server.reset()
        await until_true(lambda: scene.edge.hits == 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.05)
        await scene.set(None)
        with pytest.raises(ConnectionResetError):
            await caller.rest()

    act(play)


@SIDES
def test_a_reset_is_felt_by_a_side_that_still_sends(side: str) -> None:
    async def play(scene: Scene, caller: Caller, server: Caller) -> None:
        here, there = other(side, caller, server)
        there.send(bytes(16 * 1024 * 1024))
        assert len(await here.get(100_000)) == 100_000
        here.reset()
        with pytest.raises(ConnectionError):
            await there.rest()
        await until_true(lambda: scene.edge.connections == 0)

    act(play)
