"""The port of a TCP edge: it stays ours while callers are refused, and a conflict is said."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from harness.targets.local.ports import HOST
from harness.targets.records import EdgeFault
from tests.support.target_tcp import Scene, tcp_scene
from tests.support.target_waiting import until_true

REFUSE = EdgeFault(kind="refuse")
Play = Callable[[Scene], Awaitable[None]]


def act(play: Play) -> None:
    async def whole() -> None:
        async with tcp_scene() as scene:
            await play(scene)

    uvloop.run(whole())


def thief(scene: Scene) -> socket.socket:
    """Another process that has taken the port while the edge refused."""
    listener = scene.edge._listener
    assert listener._bound is not None
    listener._bound.close()
    listener._bound = None
    return socket.create_server((HOST, scene.port))


@pytest.mark.parametrize(("host", "reuse_port"), [(HOST, False), ("", False), (HOST, True)])
def test_no_other_process_can_listen_while_the_edge_refuses(host: str, reuse_port: bool) -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"x")
        await scene.set(REFUSE)
        with pytest.raises(OSError, match="in use"):
            socket.create_server((host, scene.port), reuse_port=reuse_port)
        with pytest.raises(ConnectionRefusedError):
            await scene.caller()
        await scene.set(None)
        again = await scene.caller()
        await again.ask(b"y")

    act(play)


def test_a_port_that_was_taken_is_said_and_the_refusal_stays_in_the_status() -> None:
    async def play(scene: Scene) -> None:
        await scene.set(REFUSE)
        with thief(scene):
            with pytest.raises(OSError, match=f"port {scene.port}: Address already in use"):
                scene.edge.clear()
            assert REFUSE in scene.edge.faults
            assert f"still refused: [Errno 98] port {scene.port}" in scene.edge.error
        scene.edge.clear()
        assert len(scene.edge.faults) == 0
        assert len(scene.edge.error) == 0
        caller = await scene.caller()
        await caller.ask(b"y")

    act(play)


def test_a_lease_that_ends_on_a_taken_port_is_undone_when_the_port_is_free() -> None:
    async def play(scene: Scene) -> None:
        await scene.set(REFUSE, lease_s=0.01)
        with thief(scene):
            await until_true(lambda: scene.edge.error)
            assert scene.edge.faults == (REFUSE,)
        await until_true(lambda: scene.edge.faults == ())
        assert scene.edge.error == ""
        caller = await scene.caller()
        await caller.ask(b"y")

    act(play)


def test_each_look_at_a_refusing_edge_proves_that_it_refuses() -> None:
    async def play(scene: Scene) -> None:
        await scene.set(REFUSE)
        before = scene.edge.fault_counts()[0].hits
        assert scene.edge.fault_counts()[0].hits == before + 1
        with thief(scene):
            stolen = scene.edge.fault_counts()[0].hits
            assert scene.edge.fault_counts()[0].hits == stolen
        await scene.set(None)
        assert scene.edge.fault_counts() == scene.edge.fault_counts()

    act(play)


def test_a_refusal_of_new_callers_leaves_the_open_ones() -> None:
    async def play(scene: Scene) -> None:
        caller = await scene.caller()
        await caller.ask(b"x")
        await scene.set(EdgeFault(kind="refuse", connections="new"))
        await caller.ask(b"y")
        with pytest.raises(ConnectionRefusedError):
            await scene.caller()

    act(play)


def test_two_refusals_refuse_until_both_are_over() -> None:
    async def play(scene: Scene) -> None:
        await scene.set(REFUSE)
        await scene.set(EdgeFault(kind="refuse", slot="other"))
        scene.edge.clear("refuse")
        with pytest.raises(ConnectionRefusedError):
            await scene.caller()
        scene.edge.clear("other")
        caller = await scene.caller()
        await caller.ask(b"y")

    act(play)


def test_an_edge_whose_port_is_taken_does_not_start_and_names_the_port() -> None:
    async def play(scene: Scene) -> None:
        scene.edge._listener.close()
        with (
            socket.create_server((HOST, scene.port)),
            pytest.raises(OSError, match=f"port {scene.port}: Address already in use"),
        ):
            scene.edge.listen()
        scene.edge.listen()
        caller = await scene.caller()
        await caller.ask(b"y")

    act(play)
