"""Squall's part in a Locust process: start, end, and reports to the harness."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any, Final, Protocol

import gevent
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from harness.errors import ConfigError, HarnessError
from harness.load.generator import overload
from harness.load.locust.alone_master import AloneMaster
from harness.load.locust.closed_tasks import ClosedTasks
from harness.load.locust.due_arrivals import Arrivals, end_at_once
from harness.load.locust.master import MasterPart
from harness.load.locust.open_tasks import OpenTasks
from harness.load.locust.recording import Recording
from harness.load.locust.setup import CANNOT_START, curve_of, end_test, recording_of
from harness.load.locust.tasks import take_over
from harness.load.locust.workers import WorkerPart
from harness.load.plan import PLAN_VARIABLE, planned
from harness.load.session import NeverStartedError, closed_session, open_session
from harness.safety.tied import tie_to
from harness.store import LoadPlan

_FAILURES: Final = (NeverStartedError, HarnessError, OSError)
_USAGE: Final = 2
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
        if isinstance(runner, WorkerRunner):
            _begin_worker(environment, opened)
        elif isinstance(runner, MasterRunner):
            if PLAN_VARIABLE in os.environ:
                if not opened:
                    raise ConfigError("a file without OpenLoop runs in one process: no --workers")
                MasterPart(environment, opened, planned(os.environ)).begin()
            elif opened:
                AloneMaster(environment, opened).begin()
        elif opened:
            _refuse_without_host(environment, opened)
            OpenPart(environment, opened).begin()
        elif PLAN_VARIABLE in os.environ:
            ClosedPart(environment, planned(os.environ)).begin()
    except _FAILURES as error:
        end_at_once(CANNOT_START, str(error))


def _refuse_without_host(environment: Any, users: Sequence[Any]) -> None:  # noqa: ANN401  # as above
    """The web UI asks for a host; without it nobody does."""
    if environment.web_ui is None and not environment.host and not all(u.host for u in users):
        example = "--host http://127.0.0.1:8080"
        end_at_once(_USAGE, f"no host: say where the load is to be sent, for example {example}")


def _begin_worker(environment: Any, opened: Sequence[Any]) -> None:  # noqa: ANN401  # as above
    if PLAN_VARIABLE in os.environ:
        tie_to(os.getsid(0))  # the master leads the session and has forked this worker
    if opened:
        WorkerPart(environment).begin()


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
            end_at_once(CANNOT_START, str(error))
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
            end_at_once(CANNOT_START, str(error))
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
