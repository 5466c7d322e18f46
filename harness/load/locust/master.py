"""The master of several load workers: shares the schedule, starts them, stores what they send."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import gevent
import msgspec

from harness.errors import HarnessError
from harness.load.asked import write_asked
from harness.load.attempt_file import AttemptFile
from harness.load.dead_worker import death_of
from harness.load.kept import KeptInFolder
from harness.load.locust.clock_offset import Offset, RoundTrip, offset_of
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
    Told,
)
from harness.load.names import Names
from harness.load.records import RECORD_BYTES
from harness.load.session import wait_for_zero
from harness.load.traffic import arrivals_us, most_in_a_second, worker_share, write_schedule
from harness.store import LoadDone, LoadPlan, LoadReady, RunFolder, write_json

PINGS: Final = 20
CONNECT_LIMIT_S: Final = 20.0
_POLL_S: Final = 0.01
_LOOK_EVERY_S: Final = 0.2
_NAME_AT: Final = RECORD_BYTES - 2
_log: Final = logging.getLogger(__name__)


class _Worker:
    """What the master knows of one worker."""

    def __init__(self, number: int, node: str, share: tuple[tuple[int, int], ...]) -> None:
        self.number, self.node, self.share = number, node, share
        self.trips: list[RoundTrip] = []
        self.intents: set[int] = set()
        self.file: AttemptFile
        self.ready: Told | None = None
        self.over = False

    @property
    def offset(self) -> Offset:
        return offset_of(self.trips)


class MasterPart:
    """Conducts the workers of one run."""

    def __init__(self, environment: Any, users: Sequence[Any], plan: LoadPlan) -> None:  # noqa: ANN401  # Locust is untyped
        self._environment, self._users, self._plan = environment, users, plan
        self._runner = environment.runner
        self._folder = RunFolder(Path(plan.folder))
        self._kept = KeptInFolder(self._folder)
        self._names = Names(appeared=self._kept.names)
        self._workers: dict[str, _Worker] = {}
        self._listening: set[str] = set()

    def begin(self) -> None:
        """Give each worker its share, before Locust spawns a user."""
        self._environment.shape_class = None
        for kind, listener in (
            (HELLO, self._hello),
            (PONG, self._pong),
            (READY, self._ready),
            (RECORDS, self._records),
            (DONE, self._done),
        ):
            self._runner.register_message(kind, listener)
        self._share_out()  # here, so that no worker spawns before it has its share

    def _share_out(self) -> None:
        try:
            self._await_workers()
            self._send_shares()
            gevent.spawn(self._conduct)
        except (HarnessError, OSError, TimeoutError) as error:
            end_at_once(CANNOT_START, str(error))

    def _await_workers(self) -> None:
        ends_s = time.monotonic() + CONNECT_LIMIT_S
        while len(self._listening) < self._plan.workers:
            if time.monotonic() >= ends_s:
                text = f"{len(self._listening)} of {self._plan.workers} load workers"
                raise TimeoutError(f"{text} connected within {CONNECT_LIMIT_S:g} s")
            gevent.sleep(_POLL_S)

    def _send_shares(self) -> None:
        plan, folder = self._plan, self._folder
        due_us = arrivals_us(curve_of(self._users), plan.load_s, plan.seed, plan.rate_scale)
        write_schedule(folder.schedule, due_us)
        if (asks := getattr(self._users[0], "asks", None)) is not None:
            keys = (f"{plan.intent_prefix}-{intent}" for intent in range(len(due_us)))
            write_asked(folder.asked_rows, asks, plan.seed, keys)
        nodes = sorted(self._listening)
        for number, node in enumerate(nodes[: plan.workers]):
            share = tuple(worker_share(due_us, number, plan.workers))
            worker = self._workers[node] = _Worker(number, node, share)
            worker.file = AttemptFile(folder.attempts(number), len(share))
            told = Share(
                worker=number,
                seed=plan.seed,
                intent_prefix=plan.intent_prefix,
                stop_s=plan.stop_s,
                arrivals=share,
            )
            self._runner.send_message(SHARE, msgspec.msgpack.encode(told), client_id=node)

    def _conduct(self) -> None:
        """Measure clocks, wait for all, start all, then look after them."""
        for _ in range(PINGS):
            for node in self._workers:
                self._runner.send_message(PING, time.monotonic_ns(), client_id=node)
            gevent.sleep(_POLL_S)
        while not all(w.ready and w.trips for w in self._workers.values()):
            gevent.sleep(_POLL_S)
        for worker in self._workers.values():
            write_json(self._folder.ready(worker.number), self._record_ready(worker))
        zero_ns = wait_for_zero(self._folder, gevent.sleep)
        for node, worker in self._workers.items():
            self._runner.send_message(START, zero_ns + worker.offset.ns, client_id=node)
        while not all(worker.over for worker in self._workers.values()):
            gevent.sleep(_LOOK_EVERY_S)
            for worker in self._workers.values():
                if not worker.over and self._is_lost(worker):
                    self._lost(worker)
        end_test(self._environment)

    def _record_ready(self, worker: _Worker) -> LoadReady:
        asks = getattr(self._users[0], "asks", None)
        return LoadReady(
            worker=worker.number,
            pid=worker.ready.pid if worker.ready else 0,
            arrivals=len(worker.share),
            names=(),
            peak_per_s=most_in_a_second([due_us for _, due_us in worker.share]),
            asked={} if asks is None or worker.number else dict(asks.columns),
            clock_error_ms=round(worker.offset.error_ns / 1e6, 6),
        )

    def _is_lost(self, worker: _Worker) -> bool:
        client = self._runner.clients.get(worker.node)
        return client is None or client.state == "missing"

    def _lost(self, worker: _Worker) -> None:
        """Say of each of its arrivals whether it is recorded."""
        told = death_of(
            worker.number,
            recorded=len(worker.intents),
            share=len(worker.share),
            attempts=worker.file.kept,
        )
        _log.error("load worker %s: %s", worker.number, told.died)
        self._end(worker, told)

    def _end(self, worker: _Worker, done: LoadDone) -> None:
        worker.over = True
        worker.file.close()
        write_json(self._folder.done(worker.number), done)

    def _hello(self, msg: Any, **_: object) -> None:  # noqa: ANN401  # Locust is untyped
        self._listening.add(msg.node_id)

    def _pong(self, msg: Any, **_: object) -> None:  # noqa: ANN401  # Locust is untyped
        worker = self._workers[msg.node_id]
        sent_ns, worker_ns = int(msg.data["at"]), int(msg.data["worker_ns"])
        worker.trips.append(RoundTrip(sent_ns, worker_ns, time.monotonic_ns()))

    def _ready(self, msg: Any, **_: object) -> None:  # noqa: ANN401  # as above
        self._workers[msg.node_id].ready = self._store(msg)

    def _records(self, msg: Any, **_: object) -> None:  # noqa: ANN401  # as above
        self._store(msg)

    def _done(self, msg: Any, **_: object) -> None:  # noqa: ANN401  # as above
        told, worker = self._store(msg), self._workers[msg.node_id]
        if worker.over:
            return
        self._end(
            worker,
            LoadDone(
                worker=worker.number,
                started=told.started,
                attempts=told.kept,
                requests=told.requests,
                outside=told.outside,
            ),
        )

    def _store(self, msg: Any) -> Told:  # noqa: ANN401  # as above
        told = msgspec.msgpack.decode(msg.data, type=Told)
        worker = self._workers[msg.node_id]
        if worker.over:
            return told
        raw = bytearray(told.attempts)
        table = bytes(self._names.index(name) for name in told.names)
        raw[_NAME_AT::RECORD_BYTES] = raw[_NAME_AT::RECORD_BYTES].translate(
            table + bytes(range(len(table), 256))
        )
        for at in range(0, len(raw), RECORD_BYTES):
            place = next(worker.file.places)
            worker.file.room[place : place + RECORD_BYTES] = bytes(raw[at : at + RECORD_BYTES])
            worker.intents.add(int.from_bytes(raw[at : at + 4], "little"))
        for intent, key in told.keys:
            self._kept.own_key(intent, key)
        return told
