"""Open-loop Locust: users are a pool, and a schedule of intended starts says when each begins.

Mix `OpenLoop` into any Locust user that has a `curve`: its ordinary @task methods then run once an
arrival, on time whatever the system does, and what they ask is timed from the intended start.
"""

from __future__ import annotations

from typing import Any, ClassVar

import gevent
from gevent.queue import SimpleQueue

from harness.load.arrival_agenda import Due
from harness.load.asked import Asks
from harness.load.locust.due_arrivals import Arrivals
from harness.load.locust.process import listen
from harness.load.records import MAX_NAMES, Attempt, ErrorClass, Outcome
from harness.load.traffic import Curve

listen()


class OpenLoop:
    """Mixin for a Locust user: `class Shopper(OpenLoop, FastHttpUser)` with a `curve`.

    `request_names` are the names its requests are told apart by (at most 15); `asks` declares what
    each intent asks of the system, so that a check can compare it with the system's records.
    """

    abstract = True
    open_loop = True
    curve: ClassVar[Curve]
    request_names: ClassVar[tuple[str, ...]] = ()
    asks: ClassVar[Asks | None] = None
    load_of = Arrivals
    environment: Any
    due: Due | None = None
    attempts = 0

    def __init__(self, environment: Any) -> None:  # noqa: ANN401  # Locust is untyped
        super().__init__(environment)  # type: ignore[call-arg]  # the Locust user's, by the MRO
        self.inbox: Any = SimpleQueue()
        self.arrivals: Arrivals = environment.open_loop.load
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
        self.arrivals.come_back(self)
        try:
            self.due, self.attempts = self.inbox.get(), 0
        except gevent.GreenletExit:
            self.arrivals.leave(self)
            raise
        return 0.0

    def take(self, due: Due) -> None:
        """The arrivals hand it over; `wait_time` takes it out."""
        self.inbox.put(due)

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
