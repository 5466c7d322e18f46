"""The proxies that are compared: ours, Toxiproxy and Envoy, each as its own process on one core.

A proxy forwards a client's requests to `upstream` and can delay them; the rows use nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import msgspec

from benchmarks.loopback_server import HOST
from harness.targets.local.tcp_proxy.client import TcpEdges
from harness.targets.local.tcp_proxy.protocol import TcpEdgePlan, TcpProxyPlan
from harness.targets.records import EdgeFault

EDGE: Final = "caller>called"
START_LIMIT_S: Final = 15.0
STOP_LIMIT_S: Final = 5.0
_LEASE_S: Final = 60.0
_POLL_S: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """One that runs, a port an edge. `set_delay` delays the first: ms, 0 ends it.

    It is awaited because ours is called from a loop that runs already, the supervisor's; and it
    returns as its owner's call does.
    """

    ports: tuple[int, ...]
    pid: int
    set_delay: Callable[[int], Awaitable[None]]

    @property
    def port(self) -> int:
        """The first edge."""
        return self.ports[0]


class Start(Protocol):
    """A way to start a proxy: all of its edges lead to the same server."""

    def __call__(self, upstream: int, edges: int = 1) -> AbstractContextManager[Proxy]:
        """Run the proxy while the block runs."""


@contextlib.contextmanager
def on_core(index: int) -> Iterator[None]:
    """Pin processes that are started inside to one of our cores (0 the first, -1 the last)."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[index]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def running(argv: tuple[str, ...], *ports: int) -> Iterator[subprocess.Popen[bytes]]:
    """That program, alone on the last core, once it listens. Raises TimeoutError, OSError."""
    with on_core(-1):
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for port in ports:
            await_port(port, process)
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Politely, then not; it is waited for, so that its CPU time counts as ours."""
    process.terminate()
    try:
        process.wait(STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when somebody listens there. Raises TimeoutError; OSError if the process has ended."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, port), timeout=1).close()
            return
        if process.poll() is not None:
            raise OSError(f"{process.args!r} ended with {process.returncode}")
        time.sleep(_POLL_S)
    raise TimeoutError(f"no server listens at {port} after {START_LIMIT_S} s")


def edge_ports(edges: int) -> dict[str, int]:
    """Edges by name, the first being `EDGE`, and the port of each."""
    names = (EDGE, *(f"{EDGE}-{number}" for number in range(1, edges)))
    return {name: free_port() for name in names}


def free_port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def straight(upstream: int, edges: int = 1) -> Iterator[Proxy]:
    """No proxy: what the rest costs. It cannot delay."""
    yield Proxy(ports=(upstream,) * edges, pid=os.getpid(), set_delay=_refuse)


async def _refuse(delay_ms: int) -> None:
    raise ValueError(f"without a proxy, requests cannot be delayed by {delay_ms} ms")


@contextlib.contextmanager
def squall(upstream: int, edges: int = 1) -> Iterator[Proxy]:
    """Ours, started and spoken to as the supervisor does."""
    with tempfile.TemporaryDirectory() as folder:
        control, ports = Path(folder) / "tcp.sock", edge_ports(edges)
        plan = TcpProxyPlan(
            control=str(control),
            edges=tuple(
                TcpEdgePlan(name=name, port=port, host=HOST, upstream=upstream)
                for name, port in ports.items()
            ),
        )
        said = msgspec.json.encode(plan).decode()
        argv = (sys.executable, "-m", "harness.targets.local.tcp_proxy.proxy", said)
        with running(argv, *ports.values()) as ran, contextlib.closing(TcpEdges(control)) as owner:
            asyncio.run(_await_answer(owner))
            told = partial(_tell, owner)
            yield Proxy(ports=tuple(ports.values()), pid=ran.pid, set_delay=told)


async def _tell(edges: TcpEdges, delay_ms: int) -> None:
    if delay_ms:
        await edges.set_fault(EDGE, EdgeFault(kind="latency", latency_ms=delay_ms), _LEASE_S)
    else:
        await edges.clear(EDGE)


async def _await_answer(edges: TcpEdges) -> None:
    async with asyncio.timeout(START_LIMIT_S):
        while not await edges.is_ready():  # noqa: ASYNC110  # another process: no event tells
            await asyncio.sleep(_POLL_S)
