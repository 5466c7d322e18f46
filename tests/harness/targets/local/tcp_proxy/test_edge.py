"""TCP edges with real sockets: what each fault does to bytes, and what is left when it goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from harness.targets.local.tcp_proxy.passage import HELD_BYTES_MAX
from harness.targets.records import EdgeFault
from tests.support.target_tcp import Scene, tcp_scene
from tests.support.target_waiting import until_true

Play = Callable[[Scene], Awaitable[None]]


def act(play: Play) -> None:
    async def whole() -> None:
        async with tcp_scene() as scene:
            await play(scene)

    uvloop.run(whole())


def test_passes_bytes_both_ways_and_counts_chunks() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"hello")
        assert (scene.edge.counts.chunks, scene.edge.hits) == (2, 0)

    act(play)


def test_carries_much_data_unharmed() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        data = bytes(range(256)) * 8192
        await caller.ask(data)

    act(play)


def test_a_caller_that_only_closes_its_own_side_still_gets_its_answer() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        caller.send(b"last words")
        caller.writer.write_eof()
        assert await caller.rest() == b"last words"
        await until_true(lambda: scene.edge.connections == 0)

    act(play)


@pytest.mark.alone
def test_latency_is_never_early_and_counts_hits() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await scene.set(EdgeFault(kind="latency", latency_ms=20))
        took_s = [await caller.ask(b"x") for _ in range(10)]
        assert min(took_s) >= 0.020
        assert min(took_s) < 0.2
        assert scene.edge.hits == 10

    act(play)


def test_the_first_bytes_of_a_new_connection_are_late_too() -> None:
    async def play(scene: Scene) -> None:
        await scene.set(EdgeFault(kind="latency", latency_ms=30))
        caller = await scene.caller()
        assert await caller.ask(b"x") >= 0.030

    act(play)


def test_jitter_keeps_the_order_of_bytes() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await scene.set(EdgeFault(kind="latency", latency_ms=10, jitter_ms=10))
        sent = b""
        for number in range(50):
            sent += (piece := b"%04d" % number)
            caller.send(piece)
            await until_true(lambda: scene.edge.hits > number)  # noqa: B023  # awaited at once
        assert await caller.get(len(sent)) == sent

    act(play)


def test_bytes_held_by_a_removed_fault_go_at_once_and_in_order() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await scene.set(EdgeFault(kind="latency", latency_ms=30_000))
        caller.send(b"first ")
        await until_true(lambda: scene.edge.hits == 1)
        caller.send(b"second")
        await until_true(lambda: scene.edge.hits == 2)
        began_s = time.monotonic()
        await scene.set(None)
        assert await caller.get(12) == b"first second"
        assert time.monotonic() - began_s < 5

    act(play)


def test_a_stale_timer_of_a_removed_delay_harms_nothing() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await scene.set(EdgeFault(kind="latency", latency_ms=30_000))
        caller.send(b"a")
        await until_true(lambda: scene.edge.hits == 1)
        await scene.set(EdgeFault(kind="latency", latency_ms=20))
        assert await caller.get(1) == b"a"
        for data in (b"b", b"c"):
            assert 0.020 <= await caller.ask(data) < 10

    act(play)


def test_a_black_hole_holds_everything_and_heals_with_the_data_intact() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"before")
        await scene.set(EdgeFault(kind="blackhole"))
        caller.send(b"during")
        await until_true(lambda: scene.edge.hits == 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.1)
        assert bytes(scene.server.got) == b"before"
        await scene.set(None)
        assert await caller.get(6) == b"during"

    act(play)


def test_a_black_hole_swallows_what_a_delay_held() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await scene.set(EdgeFault(kind="latency", latency_ms=20))
        caller.send(b"late")
        await until_true(lambda: scene.edge.hits == 1)
        await scene.set(EdgeFault(kind="blackhole"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.1)
        await scene.set(None)
        assert await caller.get(4) == b"late"

    act(play)


def test_a_new_connection_in_a_black_hole_reaches_nobody_until_it_heals() -> None:
    async def play(scene: Scene) -> None:
        await scene.set(EdgeFault(kind="blackhole"))
        caller = await scene.caller()
        caller.send(b"hello?")
        await until_true(lambda: scene.edge.hits == 2)
        assert scene.server.met == 0
        await scene.set(None)
        assert await caller.get(6) == b"hello?"

    act(play)


def test_the_server_learns_of_a_gone_caller_only_when_the_black_hole_heals() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"x")
        await scene.set(EdgeFault(kind="blackhole"))
        hits = scene.edge.hits
        caller.writer.close()
        await until_true(lambda: scene.edge.hits > hits)
        assert scene.server.left == 0
        await scene.set(None)
        await until_true(lambda: scene.server.left == 1)
        await until_true(lambda: scene.edge.connections == 0)

    act(play)


def test_a_black_hole_holds_a_bounded_number_of_bytes() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await scene.set(EdgeFault(kind="blackhole"))
        data = bytes(8 * 1024 * 1024)
        caller.send(data)
        await until_true(lambda: scene.edge.held_bytes >= HELD_BYTES_MAX)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.writer.drain(), 0.1)
        assert scene.edge.held_bytes < 4 * HELD_BYTES_MAX
        await scene.set(None)
        assert await caller.get(len(data)) == data
        assert scene.edge.held_bytes == 0

    act(play)


def test_bandwidth_slows_down_to_the_given_rate() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await scene.set(EdgeFault(kind="bandwidth", kbytes_per_s=1_000))
        # Each way is shaped and they overlap: at least one way's time.
        assert await caller.ask(bytes(100_000)) >= 0.1

    act(play)


def test_a_reset_cuts_those_who_are_there_and_those_who_come() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"x")
        await scene.set(EdgeFault(kind="reset"))
        with pytest.raises(ConnectionResetError):
            await caller.rest()
        hits = scene.edge.hits
        assert hits == 1
        late = await scene.caller()
        with pytest.raises(ConnectionResetError):
            await late.rest()
        assert scene.edge.hits == hits + 1
        await scene.set(None)
        again = await scene.caller()
        await again.ask(b"y")

    act(play)


def test_a_refusing_edge_is_not_listened_at_until_it_is_cleared() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"x")
        await scene.set(EdgeFault(kind="refuse"))
        with pytest.raises(ConnectionRefusedError):
            await scene.caller()
        with pytest.raises(ConnectionResetError):
            await caller.rest()
        await scene.set(None)
        again = await scene.caller()
        await again.ask(b"y")

    act(play)


def test_the_edge_lets_go_by_itself_when_nobody_renews() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        began_s = time.monotonic()
        await scene.set(EdgeFault(kind="blackhole"), lease_s=0.05)
        assert scene.edge.renew("", 0.2)
        await caller.ask(b"x")
        assert time.monotonic() - began_s >= 0.199
        assert scene.edge.faults == ()
        assert not scene.edge.renew("", 1)

    act(play)


def test_a_dead_server_is_told_as_a_reset() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"x")
        scene.edge._upstream = ("127.0.0.1", scene.port + 1)
        lonely = await scene.caller()
        with pytest.raises(ConnectionResetError):
            await lonely.rest()

    act(play)
