"""The processes of the proxy rows, for a moment each: they ask, answer, delay and end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from benchmarks.loopback_client import REQUEST
from benchmarks.loopback_server import ANSWER, HOST
from benchmarks.peers import find
from benchmarks.proxies import Start, squall, straight
from benchmarks.proxy_load import awake, cpu_us, load, memory_mb, server, spread
from benchmarks.proxy_peers import TOXIPROXY, envoy_edge, toxiproxy
from tests.support.target_waiting import until

MOMENT_S = 0.1
PROXIES = [
    pytest.param(squall, id="squall"),
    pytest.param(envoy_edge, id="envoy"),
    pytest.param(
        toxiproxy,
        id="toxiproxy",
        marks=pytest.mark.skipif(find(TOXIPROXY) is None, reason="Toxiproxy is not installed"),
    ),
]


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    with server() as port:
        yield port


def test_the_server_answers_a_request_that_comes_in_pieces(upstream: int) -> None:
    with socket.create_connection((HOST, upstream), timeout=10) as caller:
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pieces in ((REQUEST[:7], REQUEST[7:-1], REQUEST[-1:]), (REQUEST,)):
            for piece in pieces:
                caller.sendall(piece)
            got = b""
            while len(got) < len(ANSWER):
                got += caller.recv(4096)
            assert got == ANSWER


def test_the_client_keeps_every_request_in_the_order_of_the_answers(upstream: int) -> None:
    with straight(upstream) as nothing:
        asked = load(nothing.port, 4, MOMENT_S)
    assert len(asked.sent_ns) > 4
    assert (asked.answered_ns >= asked.sent_ns).all()
    assert (asked.answered_ns[1:] >= asked.answered_ns[:-1]).all()
    assert asked.per_s == len(asked.sent_ns) / MOMENT_S


@pytest.mark.parametrize("start", PROXIES)
def test_each_of_many_edges_leads_to_the_server(upstream: int, start: Start) -> None:
    with start(upstream, 3) as proxy:
        assert len(set(proxy.ports)) == 3
        for port in proxy.ports:
            assert load(port, 1, MOMENT_S).per_s > 0
        connections = 4  # the first port gets a second one
        assert len(spread(proxy.ports, connections, MOMENT_S).sent_ns) > connections
        assert memory_mb(proxy.pid) > 1


def test_a_core_that_is_kept_awake_serves_all_the_same(upstream: int) -> None:
    with awake():
        assert load(upstream, 1, MOMENT_S).per_s > 0


def test_a_client_without_a_server_says_so() -> None:
    with socket.socket() as nobody:
        nobody.bind((HOST, 0))
        with pytest.raises(OSError, match="Refused"):
            load(nobody.getsockname()[1], 1, MOMENT_S)


@pytest.mark.alone
@pytest.mark.parametrize("start", PROXIES)
def test_a_proxy_delays_and_lets_go(upstream: int, start: Start) -> None:
    async def switched(delay_ms: int) -> None:
        await proxy.set_delay(delay_ms)

    with start(upstream) as proxy:
        before_us = cpu_us(proxy.pid)
        assert load(proxy.port, 1, MOMENT_S).took_ms.min() < 50
        assert cpu_us(proxy.pid) > before_us
        asyncio.run(switched(60))
        # Envoy takes its file in when it comes to it.
        until(lambda: load(proxy.port, 1, 2 * MOMENT_S).took_ms.min() >= 50)
        asyncio.run(switched(0))
        until(lambda: load(proxy.port, 1, MOMENT_S).took_ms.max() < 50)
