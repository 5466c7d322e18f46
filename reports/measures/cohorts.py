"""What was due when, and how it went for its payer: attempts folded into intents, by blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.load.records import STATUS_MASK, Outcome
from harness.load.traffic import US_PER_S
from reports.inputs.attempts import AttemptFiles, Records
from reports.inputs.schedule import Floats, Ints, Schedule, blocks
from reports.measures.steps import Steps, Tried, finals, further_steps, steps_of

Flags = npt.NDArray[np.bool_]
_FAR: Final = np.iinfo(np.int64).max
NEVER: Final = -1


class Known(IntEnum):
    """How an intent, or its effect, ended for the payer."""

    UNSTARTED = 0
    CAPTURED = 1
    REFUSED = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohorts:
    """One place an intent, in the order of intended start; times in microseconds since zero.

    `NEVER` (-1) marks what did not happen. `contradicted`: told different final answers.
    `claims`: the intent has an effect that the system's records must show; `effect` is what its
    payer knows of that effect alone. `further` marks the planned steps after an intent's first one:
    they are not retries. `first` is the number of the intent at place 0.
    """

    due_us: Ints
    started_us: Ints
    captured_us: Ints
    settled_us: Ints
    unknown_us: Ints
    ended_us: Ints
    attempts: Ints
    contradicted: Flags
    known: Ints
    claims: Flags
    effect: Ints
    steps: Steps
    further: Flags
    first: int = 0

    @property
    def due_s(self) -> Floats:
        """Intended starts in seconds."""
        return self.due_us / US_PER_S

    @property
    def latency_ms(self) -> Floats:
        """Intended start to the final ok; infinite without one."""
        took = (self.captured_us - self.due_us) / 1000.0
        return np.where(self.captured_us == NEVER, np.inf, took)

    @property
    def late_us(self) -> Ints:
        """Actual minus intended start; NEVER for what never started."""
        late = np.maximum(self.started_us - self.due_us, 0)
        return np.where(self.started_us == NEVER, NEVER, late)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some intents in a row, how each went, and when each of their attempts was sent.

    `good` is captured in time (what never started is not good), `slow` captured but too late.
    """

    cohorts: Cohorts
    attempts: Records
    due_s: Floats
    latency_ms: Floats
    good: Flags
    slow: Flags


def read_blocks(due: Schedule, attempts: AttemptFiles, latency_limit_ms: float) -> Iterator[Block]:
    """The whole run in the order of intended starts; no two blocks are in memory at once."""
    for first, stop in blocks(0, len(due)):
        yield block_of(
            due.span_us(first, stop), attempts.between(first, stop), latency_limit_ms, first
        )


def block_of(due_us: Ints, attempts: Records, latency_limit_ms: float, first: int = 0) -> Block:
    """Attempts of these intents, judged against the latency that is good enough."""
    cohorts = fold(due_us, attempts, first)
    latency_ms, captured = cohorts.latency_ms, cohorts.captured_us != NEVER
    good = captured & (latency_ms <= latency_limit_ms)
    return Block(
        cohorts=cohorts,
        attempts=attempts,
        due_s=cohorts.due_s,
        latency_ms=latency_ms,
        good=good,
        slow=captured & ~good,
    )


def fold(due_us: Ints, attempts: Records, first: int = 0) -> Cohorts:
    """Attempts into steps, steps into intents; the order of `attempts` does not matter.

    An intent is captured if every step ended ok, refused if some step was finally refused, else
    unknown. A final answer (one with a digest) settles all steps of its intent.
    """
    size, tried = len(due_us), Tried.of(attempts, first)
    count = np.bincount(tried.intent, minlength=size).astype(np.int64)
    steps = steps_of(tried, count)
    ended = -_first(size, tried.intent, -tried.end_us, default=-NEVER)
    is_single = bool(count.max(initial=0) <= 1)  # then an intent is its only attempt
    known = _placed(tried, size) if is_single else _known(steps, count)
    unknown = _first_where(tried.outcome == Outcome.INFO, size, tried.intent, tried.end_us)
    claims, effect = _claims(tried, size), known
    if not is_single:
        claims, effect = _effect(steps, tried, count)
    captured = np.where(known == Known.CAPTURED, ended, NEVER)
    return Cohorts(
        due_us=due_us,
        started_us=_first(size, tried.intent, tried.start_us),
        captured_us=captured,
        settled_us=np.where(captured == NEVER, _declined(tried, attempts, known), captured),
        unknown_us=unknown,
        ended_us=ended,
        attempts=count,
        contradicted=_contradicted(tried.intent, attempts["answer"], count),
        known=known,
        claims=claims,
        effect=effect,
        steps=steps,
        further=further_steps(steps, due_us, unknown),
        first=first,
    )


def _placed(tried: Tried, size: int) -> Ints:
    """The outcome of each intent's only attempt."""
    known = np.full(size, Known.UNSTARTED, dtype=np.int64)
    known[tried.intent] = tried.outcome
    return known


def _claims(tried: Tried, size: int) -> Flags:
    """Whether some attempt of an intent claims an effect."""
    claims = np.zeros(size, dtype=np.bool_)
    claims[tried.intent if tried.effect.all() else tried.intent[tried.effect]] = True
    return claims


def _known(steps: Steps, count: Ints) -> Ints:
    """The gravest end of an intent's steps: refused, then unknown, then ok."""
    known = np.where(count == 0, Known.UNSTARTED, Known.CAPTURED)
    known[steps.intent[steps.known == Known.UNKNOWN]] = Known.UNKNOWN
    known[steps.intent[steps.known == Known.REFUSED]] = Known.REFUSED
    return known


def _effect(steps: Steps, tried: Tried, count: Ints) -> tuple[Flags, Ints]:
    """Of each intent: whether it claims an effect, and what is known of that effect.

    It is acknowledged if each step with the effect was ok once, or by a final answer; refused if
    none of these was ok and no question is open; else unknown.
    """
    size, with_effect = len(count), steps.effect
    if with_effect.all():
        of_steps, ok, is_open = steps.intent, steps.answered_ok, steps.left_open
    else:
        of_steps = steps.intent[with_effect]
        ok, is_open = steps.answered_ok[with_effect], steps.left_open[with_effect]
    all_steps = np.bincount(of_steps, minlength=size)
    ok_steps = np.bincount(of_steps[ok], minlength=size)
    open_steps = np.bincount(of_steps[is_open], minlength=size)
    granted, declined = finals(tried, size)
    acknowledged = granted | (ok_steps == all_steps)
    refused = (ok_steps == 0) & (declined | (open_steps == 0))
    effect = np.where(acknowledged, Known.CAPTURED, np.where(refused, Known.REFUSED, Known.UNKNOWN))
    return all_steps > 0, np.where(count == 0, Known.UNSTARTED, effect)


def _declined(tried: Tried, attempts: Records, known: Ints) -> Ints:
    """When an intent was refused with an answer: a final one, or a client error (4xx)."""
    size, refusal = len(known), tried.outcome == Outcome.FAIL
    if not refusal.any():
        return np.full(size, NEVER, dtype=np.int64)
    status = attempts["code"] & STATUS_MASK
    final = _first_where(refusal & tried.final, size, tried.intent, tried.end_us)
    by_status = refusal & (status >= 400) & (status < 500)  # noqa: PLR2004  # HTTP's own class
    answered = _first_where(by_status, size, tried.intent, tried.end_us)
    return np.where((final == NEVER) & (known == Known.REFUSED), answered, final)


def _first(size: int, intent: Ints, at_us: Ints, default: int = NEVER) -> Ints:
    first = np.full(size, _FAR, dtype=np.int64)
    np.minimum.at(first, intent, at_us)
    return np.where(first == _FAR, default, first)


def _first_where(chosen: Flags, size: int, intent: Ints, at_us: Ints) -> Ints:
    """Mostly all or nothing is chosen."""
    if chosen.all():
        return _first(size, intent, at_us)
    places = np.flatnonzero(chosen)
    return _first(size, intent[places], at_us[places])


def _contradicted(intent: Ints, answer: npt.NDArray[np.uint32], count: Ints) -> Flags:
    if not len(count) or count.max() <= 1:
        return np.zeros(len(count), dtype=np.bool_)
    told = np.flatnonzero(answer)
    lowest = np.full(len(count), np.iinfo(np.uint32).max, dtype=np.uint32)
    highest = np.zeros(len(count), dtype=np.uint32)
    np.minimum.at(lowest, intent[told], answer[told])
    np.maximum.at(highest, intent[told], answer[told])
    return lowest < highest
