"""The open loop's place in a Locust process: when it begins, how it ends, who is told."""

from __future__ import annotations

import logging
import os
from typing import Any, Final, NoReturn, Protocol

import gevent
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from harness.errors import ConfigError, HarnessError
from harness.load.asked import Asks
from harness.load.generator import overload
from harness.load.plan import PLAN_VARIABLE
from harness.load.session import NeverStartedError, Session, open_session
from harness.load.traffic import Curve
from harness.safety.tied import tie_to

NEVER_STARTED: Final = 75
_ALL_ENDED: Final = "squall_worker_ended"
_log: Final = logging.getLogger(__name__)


class Load(Protocol):
    """One process's part of a load, made by a user class's `load_of(session, environment)`."""

    session: Session

    @property
    def started(self) -> int:
        """How many arrivals were begun."""

    def prepare(self) -> None:
        """Have everything ready before the first arrival comes."""

    def run(self, zero_ns: int) -> None:
        """From the zero until all is served; the hub goes on meanwhile."""


def listen() -> None:
    """Have Locust's `init` call `attach`; safe to repeat."""
    if attach not in events.init._handlers:  # noqa: SLF001  # Locust has no other way to ask
        events.init.add_listener(attach)  # type: ignore[no-untyped-call]  # Locust is untyped


def attach(environment: Any, runner: Any, **_: object) -> None:  # noqa: ANN401  # Locust is untyped
    """Listen to Locust's `init`: a master waits for its workers, any other process loads."""
    users = [kind for kind in environment.user_classes if hasattr(kind, "curve")]
    if isinstance(runner, MasterRunner):
        _await_workers(environment)
    elif users:
        if isinstance(runner, WorkerRunner) and PLAN_VARIABLE in os.environ:
            tie_to(os.getsid(0))  # the master leads the session and has forked this worker
        environment.open_loop = _Process(environment, users)


class _Process:
    """The open loop's place in one Locust process: a local runner's or a worker's."""

    def __init__(self, environment: Any, users: list[Any]) -> None:  # noqa: ANN401  # Locust is untyped
        self._environment = environment
        self._curve: Curve = users[0].curve
        self._names: tuple[str, ...] = users[0].request_names
        self._asks: Asks | None = getattr(users[0], "asks", None)
        self._load_of = {user.load_of for user in users}
        self._greenlet: Any = None
        self.load: Load
        environment.events.test_start.add_listener(self._test_start)
        environment.events.spawning_complete.add_listener(self._spawned)
        environment.events.test_stop.add_listener(self._test_stop)

    def _test_start(self, **_: object) -> None:
        runner = self._environment.runner
        if len(self._load_of) > 1:
            _give_up(ConfigError("payers and ordinary Locust users need a file each"))
        (load_of,) = self._load_of
        workers = max(1, self._environment.parsed_options.expect_workers)
        try:
            session = open_session(self._curve, runner.worker_index, workers, asks=self._asks)
        except (HarnessError, OSError) as error:  # Locust would log it and go on without arrivals
            _give_up(error)
        self.load = load_of(session, self._environment)

    def _spawned(self, **_: object) -> None:
        if self._greenlet is None:  # it is told again whenever somebody changes the number of users
            self._greenlet = gevent.spawn(self._conduct)

    def _test_stop(self, **_: object) -> None:
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None and greenlet is not gevent.getcurrent():
            greenlet.kill()

    def _conduct(self) -> None:
        session = self.load.session
        try:
            self.load.prepare()
            if said := overload(session.worker, session.peak_per_s):
                _log.warning(said)
            session.ready(self._names)
            self.load.run(session.zero_ns(gevent.sleep))
            session.done(self.load.started)
        except (NeverStartedError, HarnessError, OSError) as error:
            _give_up(error)
        _end(self._environment)


def _give_up(error: Exception) -> NoReturn:
    _log.critical("%s", error)
    os._exit(NEVER_STARTED)


def _end(environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
    """This process has nothing left to do."""
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        runner.send_message(_ALL_ENDED)
    elif environment.parsed_options.headless:
        runner.quit()
    else:
        runner.stop()


def _await_workers(environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
    """The master ends the test when the last worker has ended (its users must not be moved)."""
    ended: set[str] = set()

    def one_ended(msg: Any, **_: object) -> None:  # noqa: ANN401  # Locust is untyped
        ended.add(msg.node_id)
        if len(ended) >= environment.parsed_options.expect_workers:
            ended.clear()
            options = environment.parsed_options
            gevent.spawn(environment.runner.quit if options.headless else environment.runner.stop)

    environment.runner.register_message(_ALL_ENDED, one_ended)
