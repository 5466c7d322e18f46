"""Every request event of a Locust process becomes one record, timed from the intended start.

It stands in front of `events.request.fire`, so that any user of any protocol is recorded and the
figures of Locust's own statistics count from the intended start as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from harness.load.locust.failures import judge
from harness.load.locust.intent import Intent, current
from harness.load.names import Names
from harness.load.records import Attempt, ErrorClass, Outcome

SENT: Final = "squall_sent"
TASK: Final = "(task)"
_CHANGES_NOTHING: Final = ("GET", "HEAD", "OPTIONS")
_NONE: Final = ErrorClass.NONE


class Sent(NamedTuple):
    """A request that an HTTP client has begun, at an instant of CLOCK_MONOTONIC."""

    mono_ns: int
    effect: bool


class Recording:
    """The records of one process."""

    def __init__(self, names: Names, keep: Callable[[Attempt], None]) -> None:
        """`keep` stores a record."""
        self._names, self._keep = names, keep
        self._zero_ns = 0
        self._fire: Any = None
        self.requests = 0  # as Locust counts them
        self.outside = 0  # those of them that belong to no task: on_start, on_stop, listeners

    def stand_before(self, hook: Any) -> None:  # noqa: ANN401  # Locust is untyped
        """Take the place of this event hook's `fire`."""
        self._fire = hook.fire
        hook.fire = self.fire

    def start(self, zero_ns: int) -> None:
        """The run's zero on CLOCK_MONOTONIC."""
        self._zero_ns = zero_ns

    def now_us(self) -> int:
        """Microseconds since the run's zero."""
        return (time.monotonic_ns() - self._zero_ns) // 1000

    def fire(self, **told: Any) -> None:  # noqa: ANN401  # Locust's open set of arguments
        """One request has ended: keep it, then tell Locust."""
        self.requests += 1
        context = told.get("context")
        sent: Sent | None = context.pop(SENT, None) if context else None
        intent = current()
        if intent is None:
            self.outside += 1
        else:
            told["response_time"] = self._request(intent, sent, told)
        self._fire(**told)

    def cut(self, intent: Intent, sent: Sent, name: str) -> None:
        """A request whose user was stopped before the answer came."""
        took_us = self.now_us() - (sent.mono_ns - self._zero_ns) // 1000
        due_us, late_us = self._begin(intent, (sent.mono_ns - self._zero_ns) // 1000)
        known = (0, Outcome.INFO, ErrorClass.READ_TIMEOUT)
        self._store(intent, (due_us, late_us, took_us), known, (name, sent.effect))

    def broken(self, intent: Intent) -> None:
        """The task raised an exception, or made no request: nothing says that it went well.

        Locust does not report a request in whose `with` block the exception was raised.
        """
        now_us = self.now_us()
        due_us, late_us = self._begin(intent, now_us)
        known = (0, Outcome.INFO, ErrorClass.OTHER)
        self._store(intent, (due_us, late_us, 0), known, (TASK, intent.claimed))

    def _request(self, intent: Intent, sent: Sent | None, told: dict[str, Any]) -> float:
        """Store it; its response time from the intended start, in ms."""
        took_us = round(told["response_time"] * 1000)
        if sent is None:
            begun_us = self.now_us() - took_us
            effect = intent.sends_key and told.get("request_type") not in _CHANGES_NOTHING
        else:
            begun_us, effect = (sent.mono_ns - self._zero_ns) // 1000, sent.effect
        due_us, late_us = self._begin(intent, begun_us)
        status = int(getattr(told.get("response"), "status_code", 0) or 0)
        outcome, error = judge(told.get("exception"), status)
        known = (status, outcome, error)
        self._store(intent, (due_us, late_us, took_us), known, (told["name"], effect))
        return float(told["response_time"]) + late_us / 1000

    def _begin(self, intent: Intent, begun_us: int) -> tuple[int, int]:
        """The intended start of this attempt, and how much later it began."""
        intent.begin()
        intent.attempts += 1
        due_us = intent.due_us if intent.attempts == 1 else begun_us
        return due_us, max(0, begun_us - due_us)

    def _store(
        self,
        intent: Intent,
        times: tuple[int, int, int],
        known: tuple[int, Outcome, ErrorClass],
        what: tuple[str, bool],
    ) -> None:
        due_us, late_us, took_us = times
        status, outcome, error = known
        digest = 0
        if intent.learned is not None:
            (outcome, digest), intent.learned = intent.learned, None
        self._keep(
            Attempt(
                intent.serial,
                max(0, due_us),
                late_us,
                max(0, took_us),
                digest,
                status,
                outcome,
                self._names.index(what[0]),
                error,
                intent.attempts,
                what[1],
            )
        )


def effect_of(intent: Intent | None, method: str, *, declared: bool) -> bool:
    """A GET claims an effect only if the scenario says so."""
    if declared or intent is None:
        return declared
    return intent.sends_key and method.upper() not in _CHANGES_NOTHING
