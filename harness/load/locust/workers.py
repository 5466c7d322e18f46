"""An open loop on several Locust workers: all that they need and give travels in messages.

The master sends each worker its share of the schedule and the zero on that worker's clock; the
workers send their attempts several times a second. Only the master touches the run's folder.
"""

from __future__ import annotations

import logging
import os
import time
from typing import Any, Final

import gevent
import gevent.event
import msgspec

from harness.load.locust.due_arrivals import Arrivals
from harness.load.locust.open_tasks import OpenTasks
from harness.load.locust.recording import Recording
from harness.load.locust.sent_records import SentKept, SentRecorder
from harness.load.locust.setup import recording_of
from harness.load.locust.tasks import take_over
from harness.load.session import Session

SHARE, START, PING = "squall_share", "squall_start", "squall_ping"
HELLO: Final = "squall_hello"
PONG, READY, RECORDS, DONE = "squall_pong", "squall_ready", "squall_records", "squall_done"
SEND_EVERY_S: Final = 0.25
_HELLO_EVERY_S: Final = 0.1
_log: Final = logging.getLogger(__name__)


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's part of the load: its arrivals as (intent, due_us).

    `alone`: only Locust conducts the test, so that Locust may stop it.
    """

    worker: int
    seed: int
    intent_prefix: str
    stop_s: float
    arrivals: tuple[tuple[int, int], ...]
    alone: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker sends: new attempts, all its request names, new own keys; how much it did."""

    worker: int
    attempts: bytes = b""
    names: tuple[str, ...] = ()
    keys: tuple[tuple[int, str], ...] = ()
    pid: int = 0
    started: int = 0
    kept: int = 0
    requests: int = 0
    outside: int = 0


class WorkerPart:
    """The open loop of one worker."""

    def __init__(self, environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
        self._environment = environment
        self._runner = environment.runner
        self._recorder, self._kept = SentRecorder(), SentKept()
        self._session: Session | None = None
        self._arrivals: Arrivals
        self._recording: Recording
        self._greenlet: Any = None
        self._zero = gevent.event.AsyncResult()

    def begin(self) -> None:
        """Listen to the master."""
        self._environment.shape_class = None
        self._runner.register_message(PING, self._ping)
        self._runner.register_message(SHARE, self._take_share)
        self._runner.register_message(START, self._start)
        self._environment.events.spawning_complete.add_listener(self._spawned)
        gevent.spawn(self._say_hello)

    def _say_hello(self) -> None:
        """Until the share comes: a message that a process does not know yet is lost."""
        while self._session is None:
            self._runner.send_message(HELLO)
            gevent.sleep(_HELLO_EVERY_S)

    def _ping(self, msg: Any, **_: object) -> None:  # noqa: ANN401  # as above
        self._runner.send_message(PONG, {"at": msg.data, "worker_ns": time.monotonic_ns()})

    def _take_share(self, msg: Any, **_: object) -> None:  # noqa: ANN401  # as above
        share = msgspec.msgpack.decode(msg.data, type=Share)
        self._session = Session(
            arrivals=share.arrivals,
            seed=share.seed,
            intent_prefix=share.intent_prefix,
            stop_s=share.stop_s,
            worker=share.worker,
            recorder=self._recorder,
            kept=self._kept,
        )
        self._recording = recording_of(self._session, self._environment)
        self._arrivals = Arrivals(self._session, self._runner)
        if share.alone:
            self._environment.events.test_stop.add_listener(lambda **_: self._arrivals.end())
        take_over(OpenTasks(self._arrivals, self._recording))

    def _start(self, msg: Any, **_: object) -> None:  # noqa: ANN401  # as above
        self._zero.set(int(msg.data))

    def _spawned(self, **_: object) -> None:
        if self._greenlet is None and self._session is not None:
            self._greenlet = gevent.spawn(self._conduct)

    def _conduct(self) -> None:
        self._arrivals.prepare()
        self._send(READY)
        zero_ns = self._zero.get()
        self._recording.start(zero_ns)
        sending = gevent.spawn(self._send_records)
        self._arrivals.run(zero_ns)
        sending.kill()
        self._send(DONE)

    def _send_records(self) -> None:
        while True:
            gevent.sleep(SEND_EVERY_S)
            self._send(RECORDS)

    def _send(self, kind: str) -> None:
        if self._session is None:
            return
        told = Told(
            worker=self._session.worker,
            attempts=self._recorder.take(),
            names=self._kept.all_names,
            keys=tuple(self._kept.take_keys()),
            pid=os.getpid(),
            started=self._arrivals.started,
            kept=self._recorder.kept,
            requests=self._recording.requests,
            outside=self._recording.outside,
        )
        self._runner.send_message(kind, msgspec.msgpack.encode(told))
