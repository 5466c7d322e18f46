"""Tasks of a closed loop: Locust's users execute them as the file says, and each is recorded.

An intent's start is that of its first request: what a user does before is no time of the system.
"""

from __future__ import annotations

from typing import Any

from harness.load.locust.intent import UNNUMBERED, Intent
from harness.load.locust.recording import Recording
from harness.load.payer import Intent as MadeFor
from harness.load.session import Session


class ClosedTasks:
    """Numbers tasks in the order in which their first requests begin."""

    def __init__(self, session: Session, recording: Recording) -> None:
        self._session, self._recording = session, recording
        self.started = 0

    def begin(self, user: Any) -> Intent:  # noqa: ANN401  # Locust is untyped
        """A user whose client is not known to note its requests' starts begins with the task."""
        intent = Intent(self)
        if not hasattr(getattr(user, "client", None), "request_event"):
            intent.begin()
        return intent

    def end(self, user: Any, intent: Intent, *, broken: bool) -> None:  # noqa: ANN401  # as above
        """A task without a request is not an intent."""
        del user
        if broken or (intent.serial != UNNUMBERED and not intent.attempts):
            self._recording.broken(intent)

    def waits(self, user: Any) -> bool:  # noqa: ANN401  # as above
        """As the file says."""
        del user
        return True

    def number(self, intent: Intent) -> None:
        """Number it, and start it now."""
        intent.serial, intent.due_us = self.started, max(0, self._recording.now_us())
        self.started += 1
        self._session.kept.start(intent.due_us)

    def own_key(self, intent: Intent, key: str) -> None:
        """Keep a key that the scenario chose."""
        self._session.kept.own_key(intent.number, key)

    def usual_key(self, number: int) -> str:
        """The prefix of the run and the number."""
        return f"{self._session.intent_prefix}-{number}"

    def made_for(self, intent: Intent) -> MadeFor:
        """Its seed, number, key and times."""
        session = self._session
        number, due_s = intent.number, intent.due_us / 1e6
        return MadeFor(session.seed, number, self.usual_key(number), due_s, session.stop_s)

    def now_us(self) -> int:
        """By the clock of the records."""
        return self._recording.now_us()

    def later_us(self, seconds: float) -> int | None:
        """A closed loop resumes no task."""
        del seconds
        return None
