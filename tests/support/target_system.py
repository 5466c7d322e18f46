"""A whole small system under a real supervisor, for tests: one database, three tiny instances."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import struct
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.safety.state import State
from harness.store import RunFolder
from harness.targets.base import UpPlan
from harness.targets.local.running import Supervisor
from harness.targets.local.target import LocalTarget
from harness.targets.records import EdgeStatus, InstanceStatus
from harness.timeline import Event, read_timeline
from tests.support.target_waiting import until

SERVICE = Path(__file__).with_name("target_service.py")
SYSTEM = f"""
name: tiny
entry: payer>front
services:
  - {{name: db, kind: postgres, databases: [one, two]}}
  - name: back
    replicas: 2
    command: ["{{python}}", {SERVICE}]
    env: {{PORT: "{{port}}", INSTANCE: "{{instance}}", DB: "postgresql://app@{{edge:back>db}}/one"}}
  - name: front
    command: ["{{python}}", {SERVICE}]
    env: {{PORT: "{{port}}", INSTANCE: "{{instance}}", BACK: "http://{{edge:front>back}}"}}
edges:
  - {{name: payer>front, via: gateway}}
  - {{name: front>back, via: mesh}}
  - {{name: back>db, via: tcp}}
events: [breaker]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, and after how long."""

    status: int
    headers: dict[str, str]
    body: bytes
    took_s: float

    def json(self) -> Any:  # noqa: ANN401  # JSON
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpSystem:
    """A running system and its files."""

    supervisor: Supervisor
    target: LocalTarget
    run: RunFolder
    state: State
    system: Path

    def instance(self, name: str) -> InstanceStatus:
        return next(i for i in self.target.instances() if i.name == name)

    def edge(self, name: str) -> EdgeStatus:
        return next(e for e in self.target.edges() if e.name == name)

    def events(self, kind: str, name: str) -> list[Event]:
        told = read_timeline(self.run.timeline)
        return [e for e in told if (e.kind, e.name) == (kind, name)]

    def until(self, name: str, state: str) -> InstanceStatus:
        until(lambda: self.instance(name).state == state)
        return self.instance(name)

    def settle(self) -> None:
        """Wait until everybody is ready and every edge answers as if nothing had been."""
        until(lambda: all(i.state == "ready" for i in self.target.instances()))
        until(lambda: all(p.state == "ready" for p in self.target.parts()))
        for edge in ("payer>front", "front>back"):
            address = self.edge(edge).address
            until(lambda address=address: ask(address).status == 201)  # type: ignore[misc]  # bound


def ask(address: str, method: str = "POST", path: str = "/pay") -> Reply:
    """One request on a connection of its own."""
    began = time.monotonic()
    host, _, port = address.partition(":")
    with contextlib.closing(http.client.HTTPConnection(host, int(port), timeout=10)) as line:
        line.request(method, path, b"{}" if method == "POST" else None)
        reply = line.getresponse()
        body = reply.read()
    took_s = time.monotonic() - began
    return Reply(status=reply.status, headers=dict(reply.getheaders()), body=body, took_s=took_s)


@contextlib.contextmanager
def system_up(text: str = SYSTEM, options: tuple[str, ...] = (), **env: str) -> Iterator[UpSystem]:
    """Start it, and leave nothing behind."""
    # Not pytest's folder: a socket's path is short.
    root = Path(tempfile.mkdtemp(prefix="sq-"))
    state, run, system = State(root=root / "state"), RunFolder(root / "run"), root / "system.yaml"
    state.root.mkdir(mode=0o700)
    system.write_text(text)
    try:
        plan = UpPlan(system=system, folder=run, state=state)
        supervisor = Supervisor.start(plan, options, env={**os.environ, **env})
        target = LocalTarget(state.target_socket)
        try:
            yield UpSystem(
                supervisor=supervisor, target=target, run=run, state=state, system=system
            )
        finally:
            supervisor.stop()
    finally:
        shutil.rmtree(root)


def database_speaks(address: str) -> bool:
    """Whether PostgreSQL asks for a password within a second, as scram."""
    host, _, port = address.partition(":")
    fields = b"user\0app\0database\0one\0\0"
    try:
        with socket.create_connection((host, int(port)), timeout=1) as line:
            line.sendall(struct.pack("!ii", len(fields) + 8, 196608) + fields)
            return b"SCRAM-SHA-256" in line.recv(1024)
    except OSError:
        return False
