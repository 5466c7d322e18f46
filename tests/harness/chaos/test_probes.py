"""Probes ask the real entry, and anything but the expected answer is a no."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from harness.chaos import probes
from harness.errors import ConfigError
from harness.targets.records import EdgeStatus
from tests.support.fake_target import FakeTarget
from tests.support.manual_clock import ManualClock


class Denies(BaseHTTPRequestHandler):
    """Knows no payment."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's name
        del format, args


@contextmanager
def entry() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Denies)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


class Session:
    """As much of a session as a probe looks at."""

    def __init__(self, address: str) -> None:
        self.target = Entry(address)


class Entry(FakeTarget):
    """One edge at a real address."""

    def __init__(self, address: str) -> None:
        super().__init__(ManualClock(), "payments-1")
        self.address = address

    def edges(self) -> tuple[EdgeStatus, ...]:
        return (EdgeStatus(name="payer>payments", address=self.address, requests=0, hits=0),)


def use(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    made = Session(address)
    monkeypatch.setattr(probes, "session", lambda: made)


def test_an_entry_that_denies_an_unknown_payment_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with entry() as address:
        use(monkeypatch, address)
        assert probes.entry_answers()
        assert not probes.entry_answers(status=200)


def test_an_entry_that_nobody_listens_at_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        use(monkeypatch, f"127.0.0.1:{taken.getsockname()[1]}")
        assert not probes.entry_answers()


def test_a_system_without_instances_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Session("127.0.0.1:1")
    made.target = Entry("127.0.0.1:1")
    monkeypatch.setattr(made.target, "instances", tuple)
    monkeypatch.setattr(probes, "session", lambda: made)
    assert not probes.all_ready()


def test_a_system_that_comes_back_in_time_is_ready() -> None:
    clock = ManualClock()
    target = FakeTarget(clock, "ledger")
    target.kill("ledger", 60)
    assert not probes.ready_within(target, 0, clock)
    target.revive("ledger")
    assert probes.ready_within(target, 5, clock)


def test_a_system_that_stays_down_is_not_ready_when_the_time_is_up() -> None:
    clock = ManualClock()
    target = FakeTarget(clock, "ledger")
    target.kill("ledger", 60)
    begin_ns = clock.monotonic_ns()
    assert not probes.ready_within(target, 3, clock)
    assert 3 <= (clock.monotonic_ns() - begin_ns) / 1e9 < 4


@pytest.mark.parametrize("within_s", [-1, 61, float("nan")])
def test_a_time_out_of_range_is_refused(within_s: float) -> None:
    with pytest.raises(ConfigError, match="within_s"):
        probes.all_ready(within_s)
