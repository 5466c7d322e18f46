"""Failpoints: off unless ordered, on record before they act, never misunderstood."""

from __future__ import annotations

import json
import random

import pytest

from reference_services.chassis.failpoints import (
    AnswerDroppedError,
    ArmedFailpoints,
    FailpointError,
    NoFailpoints,
    StepFailedError,
    build,
    parse,
)
from reference_services.chassis.logs import Log

pytestmark = pytest.mark.anyio


def quiet() -> Log:
    return Log("payments", "payments-1", lambda _: None)


def test_reads_steps_actions_seconds_and_probabilities() -> None:
    kill, sleep, drop = parse("after_bank=kill, after_hold=sleep:0.2@0.5,before_answer=drop@0.1")
    assert (kill.step, kill.action, kill.probability) == ("after_bank", "kill", 1.0)
    assert (sleep.seconds, sleep.probability) == (0.2, 0.5)
    assert drop.probability == 0.1


@pytest.mark.parametrize(
    "text",
    [
        "after_lunch=kill",
        "after_bank=explode",
        "after_bank",
        "after_bank=sleep",
        "after_bank=kill@2",
        "after_bank=sleep:x",
        "after_bank=sleep:-1",
        "after_bank=kill:3",
    ],
)
def test_refuses_what_it_does_not_understand(text: str) -> None:
    with pytest.raises(FailpointError, match="SQUALL_FAILPOINTS"):
        parse(text)


def test_is_off_unless_ordered() -> None:
    assert isinstance(build("", quiet()), NoFailpoints)


async def test_does_what_was_ordered_at_that_step_only() -> None:
    armed = build("after_bank=error,before_answer=drop", quiet())
    await armed.reach("after_hold")
    with pytest.raises(StepFailedError):
        await armed.reach("after_bank")
    with pytest.raises(AnswerDroppedError):
        await armed.reach("before_answer")


async def test_a_kill_is_on_record_before_it_happens() -> None:
    seen: list[str] = []
    log = Log("payments", "payments-1", lambda line: seen.append(json.loads(line)["action"]))
    armed = ArmedFailpoints(
        points=parse("after_bank=kill"), log=log, kill=lambda: seen.append("dead")
    )
    await armed.reach("after_bank")
    assert seen == ["kill", "dead"]


async def test_probability_is_a_share_of_the_visits() -> None:
    killed: list[None] = []
    armed = ArmedFailpoints(
        points=parse("after_bank=kill@0.25"),
        log=quiet(),
        rng=random.Random(3),
        kill=lambda: killed.append(None),
    )
    for _ in range(1000):
        await armed.reach("after_bank")
    assert 200 < len(killed) < 300
