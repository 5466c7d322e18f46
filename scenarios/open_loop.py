"""Open-loop Locust: users are a pool, and a schedule of intended starts says when each begins.

Mix `OpenLoop` into any Locust user that has a `curve`: its ordinary @task methods then run once an
arrival, on time whatever the system does, and what they ask is timed from the intended start.
"""

from __future__ import annotations

import gc
import itertools
import logging
import os
import time
from typing import Any, ClassVar, Final, Protocol

import gevent
from gevent.queue import SimpleQueue
from locust import events
from locust.runners import MasterRunner, WorkerRunner

from harness.errors import HarnessError
from harness.records import MAX_NAMES, Attempt, ErrorClass, Outcome
from harness.traffic import Curve
from scenarios.arrival_agenda import Agenda, Bench, Due
from scenarios.load_session import NeverStartedError, Session, open_session
from scenarios.timer_watch import TimerWatch

USERS_AT_START: Final = 32
MAX_USERS: Final = 2_000
MAX_WAITING: Final = 20_000
CANNOT_RECORD: Final = 74
NEVER_STARTED: Final = 75
_LAST_ANSWERS_S: Final = 1.0
_SETTLE_S: Final = 0.05
_YIELD_EVERY: Final = 32
_ALL_ENDED: Final = "squall_worker_ended"
_log: Final = logging.getLogger(__name__)


class Worked(Protocol):
    """A user as the arrivals see it."""

    inbox: Any


class Arrivals:
    """One process's open loop: hands every arrival to a user when it is due, never sooner."""

    def __init__(self, session: Session, runner: Any) -> None:  # noqa: ANN401  # Locust is untyped
        self.session = session
        self.started = 0
        self._runner = runner
        self._classes = itertools.cycle([kind.__name__ for kind in runner.user_classes])
        self._agenda = Agenda(session.arrivals)
        self._bench: Bench[Worked] = Bench(MAX_WAITING)
        self._open = len(session.arrivals)
        self._stop_us = round(session.stop_s * 1e6)
        self._timer = TimerWatch()
        self._zero_ns = 0

    def now_us(self) -> int:
        """Microseconds since the run's zero."""
        return (time.monotonic_ns() - self._zero_ns) // 1000

    def left_s(self) -> float:
        """How long the load may still last."""
        return (self._stop_us - self.now_us()) / 1e6

    def next_for(self, user: Worked) -> Due:
        """Block until there is work for this user."""
        due = self._bench.come_back(user)
        if due is None:
            try:
                due = user.inbox.get()
            except gevent.GreenletExit:
                self._bench.leave(user)
                raise
        if due.visit is None:
            self.started += 1
        return due

    def later(self, due: Due) -> None:
        """Ask for one more step of a visit."""
        self._open += 1
        if self._agenda.add(due):
            self._timer.set(self._zero_ns + due.due_us * 1000)

    def served(self) -> None:
        """One piece of work has come to its end."""
        self._open -= 1
        if not self._open:
            self._timer.set(0)

    def keep(self, attempt: Attempt) -> None:
        """Keep an attempt; a generator that cannot record ends at once, for all to see."""
        try:
            self.session.recorder.keep(attempt)
        except OSError as error:
            _log.critical("cannot record: %s", error)
            os._exit(CANNOT_RECORD)

    def prepare(self) -> None:
        """Have users wait before the first arrival comes."""
        while self._runner.user_count < min(USERS_AT_START, MAX_USERS):
            self._grow()
        gevent.sleep(_SETTLE_S)
        gc.collect()
        gc.freeze()  # Locust's own objects stay; collections shall not walk them in the run

    def run(self, zero_ns: int) -> None:
        """From the zero until all is served, at most until the session's stop."""
        self._zero_ns = zero_ns
        while self._open and self.now_us() < self._stop_us:
            self._hand_out()
            next_us = self._agenda.next_us()
            at_us = self._stop_us if next_us is None else min(next_us, self._stop_us)
            if self._open:
                self._timer.set(zero_ns + at_us * 1000)
                self._timer.wait()
        self._close()

    def _hand_out(self) -> None:
        for count in itertools.count(1):
            due = self._agenda.take(self.now_us())
            if due is None:
                return
            user = self._bench.hand(due)
            if user is not None:
                user.inbox.put(due)
            elif self._runner.user_count < MAX_USERS:
                self._grow()
            if count % _YIELD_EVERY == 0:  # behind the schedule: let those who have work begin
                gevent.sleep(0)

    def _grow(self) -> None:
        self._runner.spawn_users({next(self._classes): 1})

    def _close(self) -> None:
        given_up = self._agenda.clear() + self._bench.send_away()
        self._open -= given_up + self._bench.dropped
        if given_up or self._bench.dropped:
            _log.warning("%d given up, %d found no place", given_up, self._bench.dropped)
        ends_s = time.monotonic() + _LAST_ANSWERS_S
        while self._open > 0 and time.monotonic() < ends_s:
            gevent.sleep(0.01)


class OpenLoop:
    """Mixin for a Locust user: `class Shopper(OpenLoop, FastHttpUser)` with a `curve`.

    `request_names` are the names its requests are told apart by (at most 15).
    """

    abstract = True
    curve: ClassVar[Curve]
    request_names: ClassVar[tuple[str, ...]] = ()
    environment: Any
    due: Due | None = None
    attempts = 0

    def __init__(self, environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
        super().__init__(environment)  # type: ignore[call-arg]  # the Locust user's, by the MRO
        self.inbox: Any = SimpleQueue()
        self.arrivals: Arrivals = environment.open_loop.arrivals
        client: Any = getattr(self, "client", None)
        if hasattr(client, "request_event"):
            client.request_event = _FromIntendedStart(self, environment.events.request)

    def on_start(self) -> None:
        """Wait for the first arrival, too."""
        super().on_start()  # type: ignore[misc]  # as above
        self.wait()  # type: ignore[attr-defined]  # as above

    def on_stop(self) -> None:
        """Leave no work open."""
        self._end_work()
        super().on_stop()  # type: ignore[misc]  # as above

    def wait_time(self) -> float:
        """Locust asks how long to wait; here the next arrival ends the wait, then it is 0 s."""
        self._end_work()
        self.due, self.attempts = self.arrivals.next_for(self), 0
        return 0.0

    def _end_work(self) -> None:
        if self.due is not None:
            self.due = None
            self.arrivals.served()


class _FromIntendedStart:
    """Stands in for events.request in one user's client: records, and times from what was meant."""

    def __init__(self, user: OpenLoop, hook: Any) -> None:  # noqa: ANN401  # Locust is untyped
        self._user, self._fire = user, hook.fire

    def fire(self, **told: Any) -> None:  # noqa: ANN401  # Locust's open set of arguments
        user, now_us = self._user, self._user.arrivals.now_us()
        if user.due is not None:
            took_us = round(told["response_time"] * 1000)
            user.attempts += 1
            due_us = user.due.due_us if user.attempts == 1 else now_us - took_us
            late_us = max(0, now_us - took_us - due_us)
            told["response_time"] += late_us / 1000
            status = int(getattr(told.get("response"), "status_code", 0) or 0)
            outcome, error = _judge(told.get("exception"), status)
            name = _index(user.request_names, told["name"])
            user.arrivals.keep(
                Attempt(
                    user.due.intent,
                    due_us,
                    late_us,
                    took_us,
                    0,
                    status,
                    outcome,
                    name,
                    error,
                    user.attempts,
                )
            )
        self._fire(**told)


def _judge(exception: object, status: int) -> tuple[Outcome, ErrorClass]:
    if exception is None:
        return Outcome.OK, ErrorClass.NONE
    if status:
        refused = 400 <= status < 500  # noqa: PLR2004  # HTTP's own classes
        return (Outcome.FAIL if refused else Outcome.INFO), ErrorClass.NONE
    if isinstance(exception, ConnectionRefusedError):
        return Outcome.FAIL, ErrorClass.REFUSED
    if isinstance(exception, TimeoutError):
        return Outcome.INFO, ErrorClass.READ_TIMEOUT
    lost = isinstance(exception, ConnectionError) or "closed" in str(exception)
    return Outcome.INFO, ErrorClass.RESET if lost else ErrorClass.OTHER


def _index(names: tuple[str, ...], name: str) -> int:
    return names.index(name) if name in names else min(len(names), MAX_NAMES - 1)


class _Process:
    """The open loop's place in one Locust process: a local runner's or a worker's."""

    def __init__(self, environment: Any, curve: Curve, names: tuple[str, ...]) -> None:  # noqa: ANN401  # Locust is untyped
        self._environment, self._curve, self._names = environment, curve, names
        self._greenlet: Any = None
        self.arrivals: Arrivals
        environment.events.test_start.add_listener(self._test_start)
        environment.events.spawning_complete.add_listener(self._spawned)
        environment.events.test_stop.add_listener(self._test_stop)

    def _test_start(self, **_: object) -> None:
        runner = self._environment.runner
        workers = max(1, self._environment.parsed_options.expect_workers)
        session = open_session(self._curve, runner.worker_index, workers)
        self.arrivals = Arrivals(session, runner)

    def _spawned(self, **_: object) -> None:
        if self._greenlet is None:  # it is told again whenever somebody changes the number of users
            self._greenlet = gevent.spawn(self._conduct)

    def _test_stop(self, **_: object) -> None:
        greenlet, self._greenlet = self._greenlet, None
        if greenlet is not None and greenlet is not gevent.getcurrent():
            greenlet.kill()

    def _conduct(self) -> None:
        session = self.arrivals.session
        try:
            self.arrivals.prepare()
            session.ready(self._names)
            self.arrivals.run(session.zero_ns(gevent.sleep))
            session.done(self.arrivals.started)
        except (NeverStartedError, HarnessError, OSError) as error:
            _log.critical("%s", error)
            os._exit(NEVER_STARTED)
        _end(self._environment)


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


@events.init.add_listener  # type: ignore[untyped-decorator]  # Locust is untyped
def _attach(environment: Any, runner: Any, **_: object) -> None:  # noqa: ANN401  # as above
    users = [kind for kind in environment.user_classes if issubclass(kind, OpenLoop)]
    if isinstance(runner, MasterRunner):
        _await_workers(environment)
    elif users:
        environment.open_loop = _Process(environment, users[0].curve, users[0].request_names)
