"""Attempts folded into steps: a step is all attempts of one intent under one request name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.load.records import OUTCOME_SHIFT, Outcome
from reports.inputs.attempts import Records, effects_of, names_of
from reports.inputs.schedule import Ints

Flags = npt.NDArray[np.bool_]
_NAMES: Final = 256
# How a step ended, in the numbers of `Known`: ok, refused, unknown.
OK, REFUSED, OPEN = int(Outcome.OK), int(Outcome.FAIL), int(Outcome.INFO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """The attempts of a block, one place each; `intent` counts from the first of the block.

    `final`: the answer is the last word on the whole intent (it has a digest).
    """

    intent: Ints
    name: Ints
    due_us: Ints
    start_us: Ints
    end_us: Ints
    outcome: Ints
    final: Flags
    effect: Flags
    number: Ints

    @classmethod
    def of(cls, attempts: Records, first: int) -> Tried:
        """All attempts, in their order."""
        due_us = attempts["due_us"].astype(np.int64)
        start_us = due_us + attempts["late_us"]
        return cls(
            intent=attempts["intent"].astype(np.int64) - first,
            name=names_of(attempts),
            due_us=due_us,
            start_us=start_us,
            end_us=start_us + attempts["took_us"],
            outcome=attempts["code"] >> OUTCOME_SHIFT & 3,
            final=attempts["answer"] != 0,
            effect=effects_of(attempts),
            number=attempts["attempt"],
        )

    def at(self, places: Ints) -> Tried:
        """The attempts at these places."""
        return Tried(
            intent=self.intent[places],
            name=self.name[places],
            due_us=self.due_us[places],
            start_us=self.start_us[places],
            end_us=self.end_us[places],
            outcome=self.outcome[places],
            final=self.final[places],
            effect=self.effect[places],
            number=self.number[places],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """One place a step, in no order.

    `known` is how it ended: by its last attempt, or by a final answer to the intent. `answered_ok`
    and `left_open`: some attempt was ok, or left the outcome unknown. `effect`: some attempt
    claims an effect. `due_us` is the intended start of its first attempt.
    """

    intent: Ints
    name: Ints
    known: Ints
    answered_ok: Flags
    left_open: Flags
    effect: Flags
    due_us: Ints
    ended_us: Ints


def steps_of(tried: Tried, count: Ints) -> Steps:
    """`count`: the attempts of each intent. Most intents have one attempt, thus one step."""
    several = count[tried.intent] > 1
    if several.all() and len(several):
        return _folded(tried, len(count))
    single = _single(tried if not several.any() else tried.at(np.flatnonzero(~several)))
    if not several.any():
        return single
    return _joined(single, _folded(tried.at(np.flatnonzero(several)), len(count)))


def _single(tried: Tried) -> Steps:
    return Steps(
        intent=tried.intent,
        name=tried.name,
        known=tried.outcome.astype(np.int64),
        answered_ok=tried.outcome == OK,
        left_open=tried.outcome == OPEN,
        effect=tried.effect,
        due_us=tried.due_us,
        ended_us=tried.end_us,
    )


def _folded(tried: Tried, size: int) -> Steps:
    """Attempts in the order of their ends, step after step."""
    step = tried.intent * _NAMES + tried.name
    order = np.lexsort((tried.number, tried.end_us, step))
    at, step = tried.at(order), step[order]
    begin = np.flatnonzero(np.diff(step, prepend=-1))
    last = np.append(begin[1:], len(step)) - 1
    left_open = np.logical_or.reduceat(at.outcome == OPEN, begin)
    said = at.outcome[last]
    # A refusal without a final answer does not close a question that an attempt left open.
    refused = (said == REFUSED) & (~left_open | at.final[last])
    known = np.where(said == OK, OK, np.where(refused, REFUSED, OPEN))
    intent = at.intent[begin]
    granted, declined = finals(tried, size)
    known[(known == OPEN) & declined[intent]] = REFUSED
    known[granted[intent]] = OK
    return Steps(
        intent=intent,
        name=at.name[begin],
        known=known,
        answered_ok=np.logical_or.reduceat(at.outcome == OK, begin),
        left_open=left_open,
        effect=np.logical_or.reduceat(at.effect, begin),
        due_us=np.minimum.reduceat(at.due_us, begin),
        ended_us=at.end_us[last],
    )


def further_steps(steps: Steps, due_us: Ints, unknown_us: Ints) -> Flags:
    """Of each step: whether it is a planned one after the first of its intent, so not a retry.

    A step that begins after an attempt left the outcome unknown asks what became of it: a retry.
    """
    after_first = steps.due_us > due_us[steps.intent]
    if not after_first.any():
        return after_first
    open_at = unknown_us[steps.intent]
    return after_first & ((open_at < 0) | (steps.due_us < open_at))


def finals(tried: Tried, size: int) -> tuple[Flags, Flags]:
    """Of each intent: whether a final answer granted it, and whether one declined it."""
    granted, declined = np.zeros((2, size), dtype=np.bool_)
    granted[tried.intent[tried.final & (tried.outcome == OK)]] = True
    declined[tried.intent[tried.final & (tried.outcome == REFUSED)]] = True
    return granted, declined


def _joined(one: Steps, other: Steps) -> Steps:
    return Steps(
        intent=np.concatenate((one.intent, other.intent)),
        name=np.concatenate((one.name, other.name)),
        known=np.concatenate((one.known, other.known)),
        answered_ok=np.concatenate((one.answered_ok, other.answered_ok)),
        left_open=np.concatenate((one.left_open, other.left_open)),
        effect=np.concatenate((one.effect, other.effect)),
        due_us=np.concatenate((one.due_us, other.due_us)),
        ended_us=np.concatenate((one.ended_us, other.ended_us)),
    )
