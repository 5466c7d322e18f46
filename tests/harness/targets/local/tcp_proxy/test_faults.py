"""Each fault of a TCP edge with real sockets, alone and with others, on all or some connections."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from harness.errors import FaultError
from harness.targets.local.tcp_proxy.edge import FAULTS_MAX
from harness.targets.local.tcp_proxy.passage import HELD_BYTES_MAX
from harness.targets.records import EdgeFault
from tests.support.target_tcp import EchoServer, Scene, tcp_scene
from tests.support.target_waiting import until_true

Play = Callable[[Scene], Awaitable[None]]


def act(play: Play, *, echoes: bool = True) -> None:
    async def whole() -> None:
        async with tcp_scene(echoes=echoes) as scene:
            await play(scene)

    uvloop.run(whole())


def per_second(server: EchoServer, began_s: float, seconds: int) -> list[int]:
    got = [0] * (seconds + 1)
    for at_s, size in zip(server.at_s, server.sizes, strict=True):
        if at_s - began_s < seconds:
            got[int(at_s - began_s)] += size
    return got[:seconds]


@pytest.mark.alone
@pytest.mark.parametrize("rate", [50, 5_000, 50_000])
def test_bytes_arrive_at_the_given_rate_in_each_second(rate: int) -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await scene.set(EdgeFault(kind="bandwidth", kbytes_per_s=rate, direction="upstream"))
        began_s = time.monotonic()
        reading = asyncio.ensure_future(caller.reader.read(-1))
        caller.send(bytes(3_500 * rate))
        await until_true(lambda: time.monotonic() > began_s + 3)
        ratios = [got / (rate * 1_000) for got in per_second(scene.server, began_s, 3)]
        reading.cancel()
        # Another process may take the machine for a while: one second of three may suffer.
        assert 0.9 <= statistics.median(ratios) <= 1.1
        assert max(ratios) <= 1.1 or min(ratios) < 0.9

    act(play)


def test_a_slicer_passes_small_slices_and_all_bytes() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        slices = EdgeFault(kind="slicer", average_bytes=50, variation_bytes=10, gap_ms=2)
        await scene.set(slices)
        data = random.Random(1).randbytes(2_000)
        await caller.ask(data)
        assert min(scene.server.sizes) <= 60  # the kernel joins those that wait for a slow reader
        assert scene.edge.fault_counts()[0].hits >= 2 * 2_000 // 60

    act(play)


def test_a_limit_closes_both_sides_after_exactly_so_many_bytes() -> None:
    async def play(scene: Scene) -> None:
        caller, server = await scene.pair()
        await scene.set(EdgeFault(kind="limit_data", limit_bytes=1_000, direction="upstream"))
        caller.send(bytes(600))
        assert len(await server.get(600)) == 600
        caller.send(bytes(400))
        assert len(await server.rest()) == 400
        assert await caller.rest() == b""
        assert scene.edge.fault_counts()[0].hits == 1
        await until_true(lambda: scene.edge.connections == 0)

    act(play, echoes=False)


def test_a_slow_close_passes_bytes_at_once_and_the_end_late() -> None:
    async def play(scene: Scene) -> None:
        caller, server = await scene.pair()
        await scene.set(EdgeFault(kind="slow_close", delay_ms=60_000))
        caller.send(b"bye")
        caller.writer.write_eof()
        assert await server.get(3) == b"bye"
        await until_true(lambda: scene.edge.hits == 1)
        assert not server.reader.at_eof()
        await scene.set(EdgeFault(kind="slow_close", delay_ms=1))
        assert await server.rest() == b""
        server.send(b"answer")
        assert await caller.get(6) == b"answer"

    act(play, echoes=False)


def test_a_timeout_passes_nothing_and_closes_both_sides() -> None:
    async def play(scene: Scene) -> None:
        caller, server = await scene.pair()
        began_s = time.monotonic()
        await scene.set(EdgeFault(kind="timeout", timeout_ms=80))
        caller.send(b"lost")
        server.send(b"lost too")
        assert (await caller.rest(), await server.rest()) == (b"", b"")
        assert time.monotonic() - began_s >= 0.08
        late = await scene.caller()
        assert await late.rest() == b""
        await until_true(lambda: scene.edge.connections == 0)

    act(play, echoes=False)


def test_a_timeout_that_is_undone_in_time_closes_nothing() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"x")
        await scene.set(EdgeFault(kind="timeout", timeout_ms=60))
        caller.send(b"held")
        await until_true(lambda: scene.edge.hits == 1)
        await scene.set(None)
        assert await caller.get(4) == b"held"
        began_s = time.monotonic()
        await until_true(lambda: time.monotonic() > began_s + 0.1)
        await caller.ask(b"still open")

    act(play)


def test_a_reset_comes_after_the_given_time() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        began_s = time.monotonic()
        await scene.set(EdgeFault(kind="reset", after_ms=80))
        await caller.ask(b"x")
        with pytest.raises(ConnectionResetError):
            await caller.rest()
        assert time.monotonic() - began_s >= 0.08

    act(play)


def test_a_delay_of_the_answers_only_lets_requests_through_at_once() -> None:
    async def play(scene: Scene) -> None:
        caller, server = await scene.pair()
        await scene.set(EdgeFault(kind="latency", latency_ms=60_000, direction="downstream"))
        caller.send(b"request")
        assert await server.get(7) == b"request"
        server.send(b"answer")
        await until_true(lambda: scene.edge.hits == 1)
        assert scene.edge.held_bytes == 6
        await scene.set(None)
        assert await caller.get(6) == b"answer"

    act(play, echoes=False)


def test_several_faults_work_at_once_and_each_goes_alone_in_any_order() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await scene.set(EdgeFault(kind="latency", latency_ms=30))
        await scene.set(
            EdgeFault(kind="latency", slot="back", latency_ms=30, direction="downstream")
        )
        await scene.set(EdgeFault(kind="bandwidth", kbytes_per_s=10))
        assert [f.name for f in scene.edge.faults] == ["latency", "back", "bandwidth"]
        assert await caller.ask(bytes(100)) >= 0.030 + 0.030 + 0.018
        scene.edge.clear("latency")
        assert await caller.ask(bytes(100)) >= 0.030 + 0.018
        scene.edge.clear("bandwidth")
        assert await caller.ask(bytes(100)) >= 0.030
        assert [f.name for f in scene.edge.faults] == ["back"]
        hits = {count.slot: count.hits for count in scene.edge.fault_counts()}
        assert (hits["latency"], hits["back"]) == (1, 3)
        scene.edge.clear("back")
        await caller.ask(b"x")
        assert {c.slot: c.hits for c in scene.edge.fault_counts()} == hits

    act(play)


def test_taking_one_fault_away_does_not_release_what_another_holds() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"x")
        await scene.set(EdgeFault(kind="blackhole"))
        await scene.set(EdgeFault(kind="latency", latency_ms=1))
        caller.send(b"held")
        await until_true(lambda: scene.edge.hits == 2)
        scene.edge.clear("latency")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.reader.read(1), 0.05)
        scene.edge.clear("blackhole")
        assert await caller.get(4) == b"held"

    act(play)


def test_each_fault_has_its_own_lease() -> None:
    async def play(scene: Scene) -> None:
        await scene.set(EdgeFault(kind="latency", latency_ms=1), lease_s=0.03)
        await scene.set(EdgeFault(kind="slicer", average_bytes=9), lease_s=60)
        await scene.set(EdgeFault(kind="bandwidth", kbytes_per_s=9), lease_s=0.03)
        assert scene.edge.renew("bandwidth", 60)
        await until_true(lambda: len(scene.edge.faults) == 2)
        assert [f.name for f in scene.edge.faults] == ["slicer", "bandwidth"]
        assert not scene.edge.renew("latency", 60)

    act(play)


def test_no_more_faults_at_once_than_allowed() -> None:
    async def play(scene: Scene) -> None:
        for number in range(FAULTS_MAX):
            await scene.set(EdgeFault(kind="latency", slot=str(number), latency_ms=1))
        with pytest.raises(FaultError, match=f"has {FAULTS_MAX} faults, the most allowed"):
            await scene.set(EdgeFault(kind="latency", latency_ms=1))

    act(play)


def test_a_reader_that_is_slow_or_stuck_bounds_what_is_held() -> None:
    async def play(scene: Scene) -> None:
        caller, server = await scene.pair()
        server.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it is a transport that reads
        await scene.set(EdgeFault(kind="slicer", average_bytes=1_000))
        data = random.Random(2).randbytes(48 * 1024 * 1024)  # more than all sockets take
        caller.send(data)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(caller.writer.drain(), 0.5)
        assert scene.edge.held_bytes < 4 * HELD_BYTES_MAX
        server.writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
        await scene.set(None)
        assert await server.get(len(data)) == data

    act(play, echoes=False)


def test_connections_that_come_and_go_under_changing_faults_leave_nothing() -> None:
    mixes: list[tuple[EdgeFault, ...]] = [
        (EdgeFault(kind="latency", latency_ms=1), EdgeFault(kind="reset", percent=30)),
        (EdgeFault(kind="slow_close", delay_ms=2), EdgeFault(kind="limit_data", limit_bytes=3)),
        (EdgeFault(kind="timeout", timeout_ms=3, percent=50),),
        (),
    ]

    async def one(scene: Scene) -> None:
        caller = await scene.caller()
        try:
            await caller.ask(b"12345")
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            caller.writer.close()

    async def play(scene: Scene) -> None:
        for mix in mixes:
            scene.edge.clear()
            for fault in mix:
                await scene.set(fault)
            await asyncio.gather(*(one(scene) for _ in range(50)))
        scene.edge.clear()
        await until_true(lambda: scene.edge.connections == 0)
        assert scene.edge.held_bytes == 0

    act(play)


@pytest.mark.parametrize("seed", range(6))
def test_bytes_pass_any_mix_of_harmless_faults_intact_and_in_order(seed: int) -> None:
    draw = random.Random(seed)
    harmless = [
        EdgeFault(kind="latency", latency_ms=3, jitter_ms=3, direction="both"),
        EdgeFault(kind="bandwidth", kbytes_per_s=2_000),
        EdgeFault(kind="slicer", average_bytes=700, variation_bytes=600, gap_ms=0.1),
        EdgeFault(kind="slow_close", delay_ms=5),
        EdgeFault(kind="blackhole"),
    ]

    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        data = draw.randbytes(150_000)
        reading = asyncio.ensure_future(caller.get(len(data)))
        for start in range(0, len(data), 15_000):
            scene.edge.clear()
            for fault in draw.sample(harmless, draw.randrange(1, 5)):
                await scene.set(fault)
            caller.send(data[start : start + 15_000])
            chunks = scene.edge.counts.chunks
            await until_true(lambda: scene.edge.counts.chunks > chunks)  # noqa: B023  # awaited at once
        scene.edge.clear()
        assert await reading == data

    act(play)
