"""Each execution of a task is one intent: Squall's place in Locust's TaskSet.

Two methods of TaskSet are replaced in the load process. Nested TaskSets, weights, tags,
`interrupt` and sequences stay Locust's own.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

import gevent
from locust.exception import (
    InterruptTaskSet,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from locust.user.task import TaskSet

from harness.load.locust.intent import Intent, enter, leave

_NO_ERROR: Final = (InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser)


class Conduct(Protocol):
    """Who says when a task begins: the curve, or the user itself."""

    def begin(self, user: Any) -> Intent:  # noqa: ANN401  # Locust is untyped
        """The intent of the task that this user executes next; may wait for it."""

    def end(self, user: Any, intent: Intent, *, broken: bool) -> None:  # noqa: ANN401  # as above
        """The task has ended; `broken`: by an exception."""

    def waits(self, user: Any) -> bool:  # noqa: ANN401  # as above
        """Whether Locust shall wait as the user says before the next task."""


def take_over(conduct: Conduct) -> None:
    """Execute every task of this process as an intent."""
    locust: Any = TaskSet
    execute, wait = locust.execute_next_task, locust.wait

    def execute_next_task(tasks: Any) -> None:  # noqa: ANN401  # Locust is untyped
        if _is_nested(tasks._task_queue[0]):  # noqa: SLF001  # Locust has no other place for it
            execute(tasks)
            return
        user = tasks.user
        intent = conduct.begin(user)
        enter(intent)
        user.intent = intent
        broken = True
        try:
            if intent.resume is None:
                execute(tasks)
            else:
                resume, intent.resume = intent.resume, None
                resume(user)
            broken = False
        except _NO_ERROR:
            broken = False
            raise
        except gevent.GreenletExit:  # Locust stops the user; a request under way is recorded
            broken = not intent.attempts
            raise
        finally:
            user.intent = None
            leave()
            conduct.end(user, intent, broken=broken)

    def wait_for_next(tasks: Any) -> None:  # noqa: ANN401  # Locust is untyped
        if getattr(tasks.user, "intent", None) is not None or conduct.waits(tasks.user):
            wait(tasks)

    locust.execute_next_task = execute_next_task
    locust.wait = wait_for_next


def _is_nested(task: Any) -> bool:  # noqa: ANN401  # a function, a method or a class
    return isinstance(task, type) and issubclass(task, TaskSet)
