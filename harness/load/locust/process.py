"""Squall's place in a Locust process: when it begins, how it ends, who is told."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, Final, Protocol

import gevent
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from harness.errors import ConfigError, HarnessError
from harness.load.generator import overload
from harness.load.locust.clients import record_clients
from harness.load.locust.closed_tasks import ClosedTasks
from harness.load.locust.due_arrivals import Arrivals, end_at_once
from harness.load.locust.open_tasks import OpenTasks
from harness.load.locust.recording import Recording
from harness.load.locust.tasks import take_over
from harness.load.names import Names
from harness.load.plan import PLAN_VARIABLE, planned
from harness.load.records import Attempt, pack_into, words_of
from harness.load.session import NeverStartedError, Session, closed_session, open_session
from harness.load.traffic import Curve
from harness.store import LoadPlan

CANNOT_RECORD: Final = 74
NEVER_STARTED: Final = 75
_FAILURES: Final = (NeverStartedError, HarnessError, OSError)
_log: Final = logging.getLogger(__name__)


class Part(Protocol):
    """What this process does in a load."""

    def begin(self) -> None:
        """Locust's `init`: the users are known, none is spawned."""


def listen() -> None:
    """Have Locust's `init` call `attach`; safe to repeat."""
    if attach not in events.init._handlers:  # noqa: SLF001  # Locust has no other way to ask
        events.init.add_listener(attach)  # type: ignore[no-untyped-call]  # Locust is untyped


def attach(environment: Any, runner: Any, **_: object) -> None:  # noqa: ANN401  # Locust is untyped
    """Listen to Locust's `init`. Without a plan, files that have no curve are left alone."""
    opened = [kind for kind in environment.user_classes if hasattr(kind, "open_loop")]
    try:
        if opened and len(opened) < len(environment.user_classes):
            raise ConfigError("users with and without OpenLoop need a file each")
        if isinstance(runner, MasterRunner | WorkerRunner):
            return
        if opened:
            OpenPart(environment, opened).begin()
        elif PLAN_VARIABLE in os.environ:
            ClosedPart(environment, planned(os.environ)).begin()
    except _FAILURES as error:
        end_at_once(NEVER_STARTED, str(error))


def recording_of(session: Session, environment: Any) -> Recording:  # noqa: ANN401  # Locust is untyped
    """Record every request of this process from now on."""
    recorder = session.recorder

    def keep(attempt: Attempt) -> None:
        try:
            pack_into(recorder.room, next(recorder.places), *words_of(attempt))
        except OSError as error:
            end_at_once(CANNOT_RECORD, f"cannot record: {error}")

    recording = Recording(Names(appeared=session.kept.names), keep)
    recording.stand_before(environment.events.request)
    record_clients(recording)
    return recording


class OpenPart:
    """The open loop of a process without workers."""

    def __init__(self, environment: Any, users: Sequence[Any]) -> None:  # noqa: ANN401  # as above
        self._environment = environment
        self._users = users
        self._greenlet: Any = None
        self._arrivals: Arrivals
        self._recording: Recording

    def begin(self) -> None:
        """The load begins when Locust has spawned its users."""
        self._environment.shape_class = None
        told = self._environment.events
        told.test_start.add_listener(self._test_start)
        told.spawning_complete.add_listener(self._spawned)
        told.test_stop.add_listener(self._test_stop)

    def _test_start(self, **_: object) -> None:
        try:
            curve, asks = curve_of(self._users), getattr(self._users[0], "asks", None)
            session = open_session(curve, 0, 1, asks=asks)
        except _FAILURES as error:  # Locust would log it and go on without arrivals
            end_at_once(NEVER_STARTED, str(error))
        self._recording = recording_of(session, self._environment)
        self._arrivals = Arrivals(session, self._environment.runner)
        take_over(OpenTasks(self._arrivals, self._recording))

    def _spawned(self, **_: object) -> None:
        if self._greenlet is None:  # it is told again whenever somebody changes the number of users
            self._greenlet = gevent.spawn(self._conduct)

    def _test_stop(self, **_: object) -> None:
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None and greenlet is not gevent.getcurrent():
            greenlet.kill()

    def _conduct(self) -> None:
        session = self._arrivals.session
        try:
            self._arrivals.prepare()
            if said := overload(session.worker, session.peak_per_s):
                _log.warning(said)
            session.ready(())
            zero_ns = session.zero_ns(gevent.sleep)
            self._recording.start(zero_ns)
            self._arrivals.run(zero_ns)
            counted = self._recording
            session.done(self._arrivals.started, counted.requests, counted.outside)
        except _FAILURES as error:
            end_at_once(NEVER_STARTED, str(error))
        end_test(self._environment)


class ClosedPart:
    """A file of ordinary users, run as it is written and recorded."""

    def __init__(self, environment: Any, plan: LoadPlan) -> None:  # noqa: ANN401  # as above
        self._environment, self._plan = environment, plan
        self._session = closed_session(plan)
        self._recording = recording_of(self._session, environment)
        self._tasks = ClosedTasks(self._session, self._recording)
        self._stopped = False

    def begin(self) -> None:
        """Wait for the zero here, so that Locust spawns its first user then."""
        take_over(self._tasks)
        told = self._environment.events
        told.test_stop.add_listener(self._test_stop)
        told.quitting.add_listener(self._quitting)
        self._environment.stop_timeout = max(0.1, self._plan.stop_s - self._plan.load_s - 1)
        self._session.ready(())
        zero_ns = self._session.zero_ns(gevent.sleep)
        self._recording.start(zero_ns)
        gevent.sleep(max(0.0, -self._recording.now_us() / 1e6))
        gevent.spawn_later(self._plan.load_s, end_test, self._environment)

    def _test_stop(self, **_: object) -> None:
        self._stopped = True

    def _quitting(self, **_: object) -> None:
        if self._stopped:
            counted = self._recording
            self._session.done(self._tasks.started, counted.requests, counted.outside)


def curve_of(users: Sequence[Any]) -> Curve:
    """The curve of these user classes, or the CURVE of their file. Raises ConfigError."""
    files = [sys.modules[user.__module__] for user in users]
    curves: list[Curve] = [
        found
        for user, file in zip(users, files, strict=True)
        if (found := getattr(user, "curve", None) or getattr(file, "CURVE", None)) is not None
    ]
    if len(curves) < len(users):
        raise ConfigError("a user mixes in OpenLoop and has no curve")
    if any(curve != curves[0] for curve in curves):
        raise ConfigError("users with different curves need a file each")
    return curves[0]


def end_test(environment: Any) -> None:  # noqa: ANN401  # as above
    """This process has nothing left to do."""
    runner, ui = environment.runner, environment.web_ui
    if PLAN_VARIABLE in os.environ or environment.parsed_options.headless:
        runner.quit()
        if ui is not None:
            ui.stop()
    else:
        runner.stop()
