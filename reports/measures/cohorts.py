"""What was due when, and how it went for its payer: attempts folded into intents, by blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from harness.load.records import OUTCOME_SHIFT, Outcome
from harness.load.traffic import US_PER_S
from reports.inputs.attempts import AttemptFiles, Records
from reports.inputs.schedule import Floats, Ints, Schedule, blocks

Flags = npt.NDArray[np.bool_]
_FAR: Final = np.iinfo(np.int64).max
NEVER: Final = -1


class Known(IntEnum):
    """What the payer knows in the end. A later final answer settles an unknown one."""

    UNSTARTED = 0
    CAPTURED = 1
    REFUSED = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohorts:
    """One place an intent, in the order of intended start; times in microseconds since zero.

    `NEVER` (-1) stands where a thing never happened. `contradicted`: told different final answers.
    `first` is the number of the intent at place 0.
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
    """Attempts into intents: ok wins, else a final refusal, else unknown, else refused.

    The order of `attempts` does not matter. A refusal that carries a final answer settles an
    unknown one; a refusal without (not processed) settles nothing.
    """
    intent = attempts["intent"].astype(np.int64) - first
    start = attempts["due_us"].astype(np.int64) + attempts["late_us"]
    end = start + attempts["took_us"]
    outcome = attempts["code"] >> OUTCOME_SHIFT & 3
    refused = (outcome == Outcome.FAIL) & (attempts["answer"] != 0)
    size = len(due_us)
    captured = _first_where(outcome == Outcome.OK, size, intent, end)
    declined = _first_where(refused, size, intent, end)
    unknown = _first_where(outcome == Outcome.INFO, size, intent, end)
    settled = _earlier(captured, declined)
    count = np.bincount(intent, minlength=size).astype(np.int64)
    known = np.where(
        captured != NEVER,
        Known.CAPTURED,
        np.where((settled == NEVER) & (unknown != NEVER), Known.UNKNOWN, Known.REFUSED),
    )
    return Cohorts(
        due_us=due_us,
        started_us=_first(size, intent, start),
        captured_us=captured,
        settled_us=settled,
        unknown_us=unknown,
        ended_us=-_first(size, intent, -end, default=-NEVER),
        attempts=count,
        contradicted=_contradicted(intent, attempts["answer"], count),
        known=np.where(count == 0, Known.UNSTARTED, known),
        first=first,
    )


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


def _earlier(one: Ints, other: Ints) -> Ints:
    both = np.minimum(one, other)
    return np.where(both == NEVER, np.maximum(one, other), both)


def _contradicted(intent: Ints, answer: npt.NDArray[np.uint32], count: Ints) -> Flags:
    if not len(count) or count.max() <= 1:
        return np.zeros(len(count), dtype=np.bool_)
    told = np.flatnonzero(answer)
    lowest = np.full(len(count), np.iinfo(np.uint32).max, dtype=np.uint32)
    highest = np.zeros(len(count), dtype=np.uint32)
    np.minimum.at(lowest, intent[told], answer[told])
    np.maximum.at(highest, intent[told], answer[told])
    return lowest < highest
