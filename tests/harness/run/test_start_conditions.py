"""An experiment begins when its start conditions hold, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec
import pytest

from harness.run.start_conditions import StartConditions
from harness.start_condition import When
from harness.timeline import Event
from tests.support.fake_target import FakeTarget
from tests.support.manual_clock import ManualClock
from tests.support.safety_timeline import ListTimeline

VALUES = {"sum(up)": "3", "down": "NaN"}


class Server(BaseHTTPRequestHandler):
    """/ready answers 200, a query its value, everything else 404."""

    def do_GET(self) -> None:  # the library's name
        query = self.path.partition("query=")[2].replace("%28", "(").replace("%29", ")")
        body = b"{}"
        if query in VALUES:
            pair = [0, VALUES[query]]
            data = {"resultType": "vector", "result": [{"value": pair}]}
            body = msgspec.json.encode({"data": data})
        elif query:
            body = msgspec.json.encode({"data": {"resultType": "vector", "result": []}})
        self.send_response(200 if query or self.path == "/ready" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def event(state: str) -> Event:
    data: dict[str, Any] = {"before": "closed", "after": state}
    return Event(mono_ns=1, wall_ns=1, source="service", kind="breaker", name="a>b", data=data)


def why(condition: dict[str, Any], url: str, events: tuple[Event, ...] = ()) -> str:
    clock = ManualClock()
    when = msgspec.convert({"timeout_s": 2, "all": [condition]}, When)
    target = FakeTarget(clock, "ledger-1", "ledger-2")
    conditions = StartConditions(when, target, url, lambda: events)
    return conditions.wait(ListTimeline(), clock, lambda: None)


@pytest.mark.parametrize(
    "condition",
    [
        {"ready": {"service": "ledger", "replicas": 2}},
        {"breaker": {"edge": "a>b"}},
        {"http": {"url": "/ready"}},
        {"http": {"url": "/else", "status": 404}},
        {"promql": {"url": "URL", "query": "sum(up)", "at_least": 3, "at_most": 3}},
    ],
)
def test_a_condition_that_holds_lets_it_begin(condition: dict[str, Any], url: str) -> None:
    text = msgspec.json.encode(condition).decode().replace("URL", url)
    assert why(msgspec.json.decode(text), url) == ""


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"ready": {"service": "ledger", "replicas": 3}}, "2 of 2 instances of ledger are ready"),
        ({"breaker": {"edge": "a>b", "state": "open"}}, "breaker of a>b: no event"),
        ({"http": {"url": "/else"}}, "/else answers 404"),
        ({"http": {"url": "http://127.0.0.1:1/"}}, "refused"),
        ({"promql": {"url": "URL", "query": "sum(up)", "at_least": 4}}, "sum(up): 3"),
        ({"promql": {"url": "URL", "query": "none"}}, "none: no value"),
        ({"promql": {"url": "URL", "query": "down", "at_least": 0}}, "down: nan"),
    ],
)
def test_a_condition_that_does_not_hold_in_time_says_why(
    condition: dict[str, Any], said: str, url: str
) -> None:
    text = msgspec.json.encode(condition).decode().replace("URL", url)
    found = why(msgspec.json.decode(text), url)
    assert "does not hold after 2 s" in found
    assert said in found


def test_the_last_event_of_a_breaker_counts(url: str) -> None:
    closed = {"breaker": {"edge": "a>b"}}
    assert "open" in why(closed, url, (event("closed"), event("open")))
    assert why(closed, url, (event("open"), event("closed"))) == ""


def test_it_waits_for_a_condition_that_comes_true(url: str) -> None:
    clock, events = ManualClock(), [event("open")]
    clock.listeners.append(lambda _: events.append(event("closed")))
    when = msgspec.convert({"timeout_s": 2, "all": [{"breaker": {"edge": "a>b"}}]}, When)
    conditions = StartConditions(when, FakeTarget(clock, "a"), url, lambda: tuple(events))
    timeline = ListTimeline()
    assert conditions.wait(timeline, clock, lambda: None) == ""
    assert timeline.one("condition").data["holds"] is True
