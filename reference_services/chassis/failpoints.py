"""Named steps of the saga at which a service fails if configured; off by default.

`SQUALL_FAILPOINTS="after_bank=kill,before_answer=drop@0.1,after_hold=sleep:0.2@0.5"`: each is a
step, an action (kill, sleep:SECONDS, error, drop) and, after `@`, its probability (default 1).

FailpointError         the settings are wrong; its text is one line for the operator
StepFailedError        the action `error`: the step fails as a bug would fail it
AnswerDroppedError     the action `drop`: the caller never gets an answer
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from reference_services.chassis.errors import SettingsError
from reference_services.chassis.logs import Log

STEPS: Final = ("after_claim", "after_hold", "after_bank", "after_post", "before_answer")
ACTIONS: Final = ("kill", "sleep", "error", "drop")
SLEEP_MAX_S: Final = 60.0


class FailpointError(SettingsError):
    """SQUALL_FAILPOINTS cannot be understood."""


class StepFailedError(Exception):
    """A failpoint made this step fail."""


class AnswerDroppedError(Exception):
    """A failpoint dropped this answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failpoint:
    """What happens at one step, and how probable it is (0 to 1)."""

    step: str
    action: str
    seconds: float = 0.0
    probability: float = 1.0


class Failpoints(Protocol):
    """What the saga calls at each of its steps."""

    async def reach(self, step: str) -> None:
        """Do what was ordered for this step, if anything."""


class NoFailpoints:
    """Nothing was ordered."""

    async def reach(self, step: str) -> None:
        """Nothing."""


def kill_self() -> None:
    """Die without a word, as SIGKILL means it."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmedFailpoints:
    """Writes a `failpoint` line before it acts, so that even a kill is on record."""

    points: tuple[Failpoint, ...]
    log: Log
    rng: random.Random = field(default_factory=random.Random)
    kill: Callable[[], None] = kill_self

    async def reach(self, step: str) -> None:
        """Do what was ordered for this step."""
        for point in self.points:
            if point.step == step and self.rng.random() < point.probability:
                self.log.event("failpoint", name=step, action=point.action)
                await self._act(point)

    async def _act(self, point: Failpoint) -> None:
        match point.action:
            case "kill":
                self.kill()
            case "sleep":
                await asyncio.sleep(point.seconds)
            case "error":
                raise StepFailedError(f"failpoint {point.step}")
            case "drop":
                raise AnswerDroppedError(f"failpoint {point.step}")


def parse(text: str) -> tuple[Failpoint, ...]:
    """What SQUALL_FAILPOINTS orders. Raises FailpointError."""
    return tuple(_parse_one(item.strip()) for item in text.split(",") if item.strip())


def _parse_one(item: str) -> Failpoint:
    step, _, order = item.partition("=")
    order, _, probability = order.partition("@")
    action, _, seconds = order.partition(":")
    if step not in STEPS:
        raise FailpointError(f"SQUALL_FAILPOINTS: no step {step!r}; steps: {', '.join(STEPS)}")
    if action not in ACTIONS or (action == "sleep") != bool(seconds):
        text = f"SQUALL_FAILPOINTS: {item!r}: actions: kill, sleep:SECONDS, error, drop"
        raise FailpointError(text)
    return Failpoint(
        step=step,
        action=action,
        seconds=_number(seconds or "0", item, SLEEP_MAX_S),
        probability=_number(probability or "1", item, 1.0),
    )


def _number(text: str, item: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= most:
        raise FailpointError(f"SQUALL_FAILPOINTS: {item!r}: {text!r} is not within 0 and {most}")
    return value


def build(text: str, log: Log) -> Failpoints:
    """Armed, or none. Raises FailpointError."""
    points = parse(text)
    return ArmedFailpoints(points=points, log=log) if points else NoFailpoints()
