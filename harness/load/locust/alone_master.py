"""The master of a test that only Locust conducts: it shares the curve among its workers.

`locust --master` with a scenario of ours, from a shell or by an operator of a cluster. Nothing is
stored; each process serves one test.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import gevent
import msgspec

from harness.clock import NS_PER_S
from harness.errors import ConfigError
from harness.load.locust.clock_offset import RoundTrip, offset_of
from harness.load.locust.due_arrivals import end_at_once
from harness.load.locust.setup import CANNOT_START, curve_of, end_test
from harness.load.locust.workers import (
    DONE,
    HELLO,
    PING,
    PONG,
    READY,
    RECORDS,
    SHARE,
    START,
    Share,
)
from harness.load.session import STANDALONE_DRAIN_S, STANDALONE_LOAD_S
from harness.load.traffic import arrivals_us, worker_share

PINGS: Final = 10
START_LIMIT_S: Final = 30.0
_HEAD_START_S: Final = 0.5
_POLL_S: Final = 0.05
_log: Final = logging.getLogger(__name__)


class AloneMaster:
    """Shares the curve at the start of the test and ends the test when all is served."""

    def __init__(self, environment: Any, users: Sequence[Any]) -> None:  # noqa: ANN401  # Locust is untyped
        self._environment, self._users = environment, users
        self._runner = environment.runner
        self._listening: set[str] = set()
        self._ready: set[str] = set()
        self._over: set[str] = set()
        self._trips: dict[str, list[RoundTrip]] = {}

    def begin(self) -> None:
        """Wait for the start of the test: then the workers are known."""
        self._environment.shape_class = None
        for kind, listener in (
            (HELLO, lambda msg, **_: self._listening.add(msg.node_id)),
            (READY, lambda msg, **_: self._ready.add(msg.node_id)),
            (DONE, lambda msg, **_: self._over.add(msg.node_id)),
            (RECORDS, lambda **_: None),
            (PONG, self._pong),
        ):
            self._runner.register_message(kind, listener)
        self._environment.events.test_start.add_listener(self._test_start)

    def _test_start(self, **_: object) -> None:
        """Before Locust asks the workers for users, so that each has its share by then."""
        if self._trips:
            end_at_once(CANNOT_START, "a process serves one test of an open loop; start it again")
        nodes = sorted(self._runner.clients)
        try:
            self._wait(set(nodes), lambda: self._listening, "listened")
            curve = curve_of(self._users)
        except (TimeoutError, ConfigError) as error:
            end_at_once(CANNOT_START, str(error))
        seed = time.time_ns() // NS_PER_S  # another day's payments have other keys
        due_us = arrivals_us(curve, STANDALONE_LOAD_S, seed)
        _log.info("%d arrivals in %g s for %d workers", len(due_us), STANDALONE_LOAD_S, len(nodes))
        for number, node in enumerate(nodes):
            share = Share(
                worker=number,
                seed=seed,
                intent_prefix=f"alone-{seed}",
                stop_s=STANDALONE_LOAD_S + STANDALONE_DRAIN_S,
                arrivals=tuple(worker_share(due_us, number, len(nodes))),
                alone=True,
            )
            self._trips[node] = []
            self._runner.send_message(SHARE, msgspec.msgpack.encode(share), client_id=node)
        gevent.spawn(self._conduct, set(nodes))

    def _conduct(self, nodes: set[str]) -> None:
        try:
            self._wait(nodes, lambda: self._ready, "had their users")
            for _ in range(PINGS):
                for node in nodes:
                    self._runner.send_message(PING, time.monotonic_ns(), client_id=node)
                gevent.sleep(_POLL_S)
            self._wait(nodes, self._answered, "compared clocks")
        except TimeoutError as error:
            end_at_once(CANNOT_START, str(error))
        zero_ns = time.monotonic_ns() + round(_HEAD_START_S * NS_PER_S)
        for node in nodes:
            there_ns = zero_ns + offset_of(self._trips[node]).ns
            self._runner.send_message(START, there_ns, client_id=node)
        while not nodes <= self._over | self._lost(nodes):
            gevent.sleep(_POLL_S)
        if lost := self._lost(nodes) - self._over:
            _log.error("%d of %d workers are lost, with arrivals of theirs", len(lost), len(nodes))
        end_test(self._environment)

    def _answered(self) -> set[str]:
        return {node for node, trips in self._trips.items() if trips}

    def _lost(self, nodes: set[str]) -> set[str]:
        clients = self._runner.clients
        return {n for n in nodes if n not in clients or clients[n].state == "missing"}

    def _pong(self, msg: Any, **_: object) -> None:  # noqa: ANN401  # Locust is untyped
        sent_ns, worker_ns = int(msg.data["at"]), int(msg.data["worker_ns"])
        self._trips[msg.node_id].append(RoundTrip(sent_ns, worker_ns, time.monotonic_ns()))

    def _wait(self, nodes: set[str], told: Callable[[], set[str]], what: str) -> None:
        ends_s = time.monotonic() + START_LIMIT_S
        while missing := nodes - told():
            if time.monotonic() >= ends_s:
                count = f"{len(nodes) - len(missing)} of {len(nodes)} workers"
                raise TimeoutError(f"{count} {what} within {START_LIMIT_S:g} s")
            gevent.sleep(_POLL_S)
