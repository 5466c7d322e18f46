"""A request name is a step; an intent is good only if each of its steps ended ok."""

from __future__ import annotations

import random

import numpy as np
import pytest

from harness.load.records import Attempt, ErrorClass, Outcome, pack
from reports.inputs.attempts import RECORD
from reports.measures.cohorts import Block, Known, block_of
from reports.measures.metrics import SharesTally
from reports.measures.step_figures import StepTally
from reports.measures.windows import AmplificationTally
from tests.support.plain_steps import plain_effect, plain_known

OK, FAIL, INFO = Outcome.OK, Outcome.FAIL, Outcome.INFO
LOOK, BUY = 0, 1
DUE_US = 1_000_000
Said = tuple[int, Outcome] | tuple[int, Outcome, int]


def attempts_of(*said: Said) -> list[Attempt]:
    """One intent: each attempt is (request, outcome) or (request, outcome, digest); 10 ms each."""
    return [
        Attempt(
            intent=0,
            due_us=DUE_US + 20_000 * number,
            late_us=0,
            took_us=10_000,
            answer=one[2] if len(one) > 2 else 0,
            status=200,
            outcome=one[1],
            name=one[0],
            error=ErrorClass.NONE,
            attempt=number + 1,
            effect=True,
        )
        for number, one in enumerate(said)
    ]


def block(attempts: list[Attempt], intents: int = 1) -> Block:
    records = np.frombuffer(b"".join(map(pack, attempts)), dtype=RECORD)
    return block_of(np.full(intents, DUE_US, dtype=np.int64), records, 300)


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ([(LOOK, OK), (BUY, OK)], Known.CAPTURED),
        ([(LOOK, OK), (BUY, INFO)], Known.UNKNOWN),
        ([(LOOK, OK), (BUY, FAIL)], Known.REFUSED),
        ([(LOOK, INFO), (BUY, FAIL)], Known.REFUSED),
        ([(LOOK, FAIL), (LOOK, OK), (BUY, OK)], Known.CAPTURED),
        ([(LOOK, OK), (BUY, INFO), (BUY, OK)], Known.CAPTURED),
        ([(LOOK, OK), (BUY, OK), (BUY, INFO)], Known.UNKNOWN),
        ([(LOOK, OK), (BUY, INFO), (BUY, FAIL)], Known.UNKNOWN),
        ([(LOOK, OK), (BUY, INFO), (BUY, FAIL, 7)], Known.REFUSED),
        ([(BUY, INFO), (LOOK, OK, 7)], Known.CAPTURED),
        ([(BUY, INFO), (LOOK, FAIL, 7)], Known.REFUSED),
    ],
)
def test_an_intent_ends_as_the_last_attempt_of_each_of_its_steps(
    said: list[Said], known: Known
) -> None:
    found = block(attempts_of(*said))
    assert found.cohorts.known.tolist() == [known]
    assert found.good.tolist() == [known is Known.CAPTURED]


def test_its_latency_is_that_of_the_whole_intent_and_each_step_has_its_own() -> None:
    found = block(attempts_of((LOOK, OK), (BUY, INFO), (BUY, OK)))
    assert found.latency_ms.tolist() == [50]
    tally = StepTally()
    tally.add(found)
    look, buy = tally.result(("look", "buy"))
    assert (look.name, look.intents, look.attempts, look.ok) == ("look", 1, 1, 1)
    assert (buy.name, buy.intents, buy.attempts, buy.ok) == ("buy", 1, 2, 1)
    assert look.latency_ms_p50 == pytest.approx(10, rel=0.011)
    assert buy.latency_ms_p99 == pytest.approx(30, rel=0.011)


def test_a_shop_whose_buy_always_fails_is_never_good_and_both_requests_are_counted() -> None:
    visits = [
        attempt._replace(intent=intent)
        for intent in range(50)
        for attempt in attempts_of((LOOK, OK), (BUY, INFO))
    ]
    found = block(visits, intents=50)
    assert not found.good.any()
    tally = StepTally()
    tally.add(found)
    look, buy = tally.result(("look", "buy"))
    assert (look.ok, look.info, buy.ok, buy.info) == (50, 0, 0, 50)
    assert buy.latency_ms_p50 is None


@pytest.mark.parametrize(
    ("said", "attempts"),
    [
        ([(LOOK, OK), (BUY, OK)], 1),
        ([(LOOK, OK), (BUY, FAIL), (BUY, OK)], 2),
        ([(BUY, INFO), (LOOK, OK, 7)], 2),
        ([(BUY, OK)], 1),
    ],
    ids=["two steps", "a retry of the second", "a question after an unknown answer", "one step"],
)
def test_a_further_step_is_not_a_retry(said: list[Said], attempts: int) -> None:
    found = block(attempts_of(*said))
    shares = SharesTally(None, 0.0)
    shares.add(found)
    assert shares.result().attempts_per_intent == attempts
    seconds = AmplificationTally(3.0)
    seconds.add(found)
    assert seconds.result().attempts_per_intent.tolist() == [0, attempts, 0]


def drawn(draw: random.Random) -> list[list[Attempt]]:
    intents = []
    for intent in range(40):
        said: list[Said] = [
            (draw.randrange(3), draw.choice((OK, FAIL, INFO)), draw.choice((0, 0, 0, 5)))
            for _ in range(draw.choice((0, 1, 1, 2, 3, 5)))
        ]
        wanted = draw.choice((0.0, 0.5, 1.0))
        intents.append(
            [
                attempt._replace(
                    intent=intent,
                    effect=draw.random() < wanted,
                    answer=0 if attempt.outcome is INFO else attempt.answer,
                    due_us=DUE_US + draw.randrange(3) * 10_000,
                )
                for attempt in attempts_of(*said)
            ]
        )
    return intents


@pytest.mark.parametrize("seed", range(40))
def test_the_fold_finds_what_the_plain_rules_find(seed: int) -> None:
    draw = random.Random(seed)
    intents = drawn(draw)
    every = [attempt for intent in intents for attempt in intent]
    draw.shuffle(every)
    cohorts = block(every, len(intents)).cohorts
    assert cohorts.known.tolist() == [plain_known(intent) for intent in intents]
    effects = [
        Known(effect) if claims else None
        for claims, effect in zip(cohorts.claims.tolist(), cohorts.effect.tolist(), strict=True)
    ]
    assert effects == [plain_effect(intent) for intent in intents]
