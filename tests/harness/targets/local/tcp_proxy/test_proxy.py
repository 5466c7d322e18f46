"""The TCP proxy as a process, told by its owner over the control socket."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from harness.errors import TargetError
from harness.targets.local.tcp_proxy import control as tcp_control
from harness.targets.local.tcp_proxy.control import TcpControl
from harness.targets.records import EdgeFault
from tests.support.target_tcp_proxy import EDGE, ProxyProcess, tcp_proxy

LATE = EdgeFault(kind="latency", latency_ms=20)
BLACK_HOLE = EdgeFault(kind="blackhole")


def act(folder: Path, play: Callable[[ProxyProcess], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with tcp_proxy(folder) as proxy, asyncio.timeout(30):
            await play(proxy)

    uvloop.run(whole())


def test_a_fault_works_when_the_call_returns_and_has_gone_after_the_next(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        caller = await proxy.caller()
        await caller.ask(b"before")
        for turn in range(20):
            await proxy.edges.set_fault(EDGE, LATE, 60)
            assert await caller.ask(b"late") >= 0.020
            await proxy.edges.clear(EDGE)
            await caller.ask(b"clean")
            assert await proxy.hits() == turn + 1

    act(tmp_path, play)


def test_bytes_held_come_at_once_when_the_fault_is_cleared(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        caller = await proxy.caller()
        await proxy.edges.set_fault(EDGE, BLACK_HOLE, 60)
        caller.send(b"held")
        while not await proxy.hits():
            pass  # each question is a turn of its own, and the whole has a limit
        await proxy.edges.clear(EDGE)
        assert await caller.get(4) == b"held"

    act(tmp_path, play)


def test_a_lease_ends_by_itself_unless_it_is_renewed(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        caller = await proxy.caller()
        await proxy.edges.set_fault(EDGE, BLACK_HOLE, 0.05)
        await proxy.edges.renew(EDGE, "", 0.3)
        assert await caller.ask(b"x") >= 0.25
        with pytest.raises(TargetError, match="has no fault"):
            await proxy.edges.renew(EDGE, "", 1)

    act(tmp_path, play)


def test_a_refusing_edge_is_listened_at_again_when_the_call_returns(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        for _ in range(20):
            await proxy.edges.set_fault(EDGE, EdgeFault(kind="refuse"), 60)
            with pytest.raises(ConnectionRefusedError):
                await proxy.caller()
            await proxy.edges.clear(EDGE)
            caller = await proxy.caller()
            await caller.ask(b"x")

    act(tmp_path, play)


def test_the_owner_dials_anew_when_the_proxy_was_started_anew(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        caller = await proxy.caller()
        await caller.ask(b"x")
        before = (await proxy.edges.look())[EDGE].requests
        await proxy.kill()
        with pytest.raises(TargetError, match="does not answer"):
            await proxy.edges.look()
        await proxy.start()
        assert (await proxy.edges.look())[EDGE].requests == before

    act(tmp_path, play)


def test_many_questions_at_once_get_their_own_answers(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        sets = (proxy.edges.set_fault(EDGE, LATE, 60) for _ in range(20))
        seen = await asyncio.gather(proxy.edges.look(), *sets, proxy.edges.look())
        first, last = seen[0], seen[-1]
        assert first is not None
        assert last is not None
        assert (first[EDGE].faults, last[EDGE].faults) == ((), (LATE,))

    act(tmp_path, play)


def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next_ones(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        for _ in range(20):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await proxy.edges.set_fault(EDGE, LATE, 60)
            assert EDGE in await proxy.edges.look()

    act(tmp_path, play)


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b'{"op":"jump"}\n', b"\xff\n"])
def test_a_line_that_is_not_understood_is_answered(tmp_path: Path, line: bytes) -> None:
    async def play(proxy: ProxyProcess) -> None:
        assert b'"error":""' not in await proxy.says(line)
        assert await proxy.edges.is_ready()

    act(tmp_path, play)


def test_an_unknown_edge_is_named(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        with pytest.raises(TargetError, match="no edge 'x>y'"):
            await proxy.edges.clear("x>y")

    act(tmp_path, play)


def test_the_control_socket_is_its_owners_alone(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        mode = await asyncio.to_thread(lambda: Path(proxy.plan.control).stat().st_mode)
        assert stat.S_IMODE(mode) == 0o600

    act(tmp_path, play)


def test_a_line_without_end_is_hung_up_on(tmp_path: Path) -> None:
    async def play(proxy: ProxyProcess) -> None:
        try:
            said = await proxy.says(b"x" * (2 * tcp_control.LINE_BYTES_MAX))
        except ConnectionError:
            said = b""
        assert said == b""

    act(tmp_path, play)


def test_who_stays_silent_is_hung_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp_control, "IDLE_LIMIT_S", 0.05)

    async def play() -> None:
        loop, path = asyncio.get_running_loop(), str(tmp_path / "sock")
        server = await loop.create_unix_server(lambda: TcpControl(lambda line: line), path)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"one\ntwo\nthr")
        assert await asyncio.wait_for(reader.read(-1), 10) == b"one\ntwo\n"
        writer.close()
        server.close()

    uvloop.run(play())
