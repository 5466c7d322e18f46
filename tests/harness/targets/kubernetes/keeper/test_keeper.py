"""A whole keeper with its Envoy: the second version gets its share, and loses it with the lease."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import msgspec
import pytest

from harness.targets.kubernetes.keeper.protocol import Ask, Told
from harness.targets.records import EdgeFault
from tests.support.free_port import free_port
from tests.support.target_waiting import until

EDGE = "payer>shop"


class Sound(BaseHTTPRequestHandler):
    """Answers everything with 200."""

    protocol_version = "HTTP/1.1"
    status = 200

    def do_GET(self) -> None:
        code = 200 if self.path == "/ready" else self.status
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Broken(Sound):
    """Is ready, and fails."""

    status = 500


class Keeper:
    """A keeper that runs, and its one edge."""

    def __init__(self, port: int, edge: int) -> None:
        self._url, self._edge = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{edge}/"

    def ready(self) -> bool:
        try:
            return httpx.get(f"{self._url}/ready").status_code == 200
        except httpx.HTTPError:
            return False

    def pay(self) -> int:
        return httpx.get(self._edge).status_code

    def ask(self, what: str, ask: Ask) -> httpx.Response:
        return httpx.post(f"{self._url}/{what}", content=msgspec.json.encode(ask))

    def told(self) -> Told:
        return msgspec.json.decode(httpx.get(f"{self._url}/edges").content, type=Told)


@contextmanager
def served(handler: type[Sound]) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    with served(Sound) as first, served(Broken) as second:
        port, edge = free_port(), free_port()
        one = {"name": EDGE, "port": edge, "upstream": f"127.0.0.1:{first}"}
        plan = {"http": [{**one, "second": f"127.0.0.1:{second}"}]}
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        words = [sys.executable, "-m", "harness.targets.kubernetes.keeper"]
        where = ["--folder", str(tmp_path), "--port", str(port)]
        process = subprocess.Popen([*words, str(tmp_path / "plan.json"), *where])
        try:
            kept = Keeper(port, edge)
            until(lambda: kept.ready() and kept.pay() == 200)
            yield kept
        finally:
            process.terminate()
            assert process.wait(20) == 0


def test_a_second_version_gets_its_share_until_nobody_renews(keeper: Keeper) -> None:
    shift = EdgeFault(kind="shift")
    assert keeper.ask("fault", Ask(edge=EDGE, fault=shift, lease_s=2)).status_code == 200
    until(lambda: keeper.pay() == 500)
    count = keeper.told().edges[0].count_of("shift")
    assert count.failed == count.hits > 0
    until(lambda: keeper.pay() == 200)
    assert not keeper.told().edges[0].faults
    gone = keeper.ask("renew", Ask(edge=f"{EDGE}#shift", lease_s=2))
    assert gone.status_code == 409
    assert "no fault" in msgspec.json.decode(gone.content, type=Told).message


def test_a_wrong_question_is_answered_with_what_is_wrong(keeper: Keeper) -> None:
    slow = EdgeFault(kind="latency", latency_ms=100_000)
    for what, ask, status, text in (
        ("fault", Ask(edge=EDGE, fault=slow, lease_s=1), 409, "latency_ms"),
        ("fault", Ask(edge=EDGE, lease_s=1), 409, "no fault was given"),
        ("clear", Ask(edge="payer>shoq"), 404, EDGE),
        ("clear", Ask(edge="x" * 20_000), 400, "bytes"),
    ):
        answer = keeper.ask(what, ask)
        assert answer.status_code == status
        assert text in msgspec.json.decode(answer.content, type=Told).message
