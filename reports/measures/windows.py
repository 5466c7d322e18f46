"""The run in windows of time, for pictures and rates: counts, latency, amplification."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.load.traffic import US_PER_S
from reports.inputs.schedule import Floats, Ints
from reports.measures.cohorts import Block

MOST_WINDOWS: Final = 240
PERCENTILES: Final = (50, 95, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Per window of `width_s`: arrivals due per second by outcome; latency in ms (nan: none)."""

    width_s: float
    scheduled: Floats
    good: Floats
    slow: Floats
    failed: Floats
    latency_ms: tuple[Floats, Floats, Floats]

    def until(self, end_s: float) -> Windows:
        """Those that begin before that second, at least one."""
        size = max(1, math.ceil(end_s / self.width_s))
        p50, p95, p99 = (series[:size] for series in self.latency_ms)
        return Windows(
            width_s=self.width_s,
            scheduled=self.scheduled[:size],
            good=self.good[:size],
            slow=self.slow[:size],
            failed=self.failed[:size],
            latency_ms=(p50, p95, p99),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Amplification:
    """Per second of the run: payments due, requests sent for each, and the share that went well."""

    due: Ints
    attempts_per_intent: Floats
    good_ratio: Floats

    def until(self, end_s: float) -> Amplification:
        """The seconds before that one, at least one."""
        size = max(1, math.ceil(end_s))
        return Amplification(
            due=self.due[:size],
            attempts_per_intent=self.attempts_per_intent[:size],
            good_ratio=self.good_ratio[:size],
        )


class WindowTally:
    """Counts blocks into at most MOST_WINDOWS windows of one second or longer.

    Percentiles are exact ranks: a window is ranked when the last of its payments was seen.
    """

    def __init__(self, end_s: float) -> None:
        self._width_s = 1.0
        while end_s / self._width_s > MOST_WINDOWS:
            self._width_s *= 2
        self._size = max(1, int(np.ceil(end_s / self._width_s)))
        self._due, self._good, self._slow = np.zeros((3, self._size), np.int64)
        self._latency_ms = np.full((len(PERCENTILES), self._size), np.nan)
        self._begun, self._took_us = 0, [np.empty(0, np.int64)]

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        if not len(block.due_s):
            return
        place = np.minimum((block.due_s / self._width_s).astype(np.int64), self._size - 1)
        self._due += np.bincount(place, minlength=self._size)
        self._good += np.bincount(place[block.good], minlength=self._size)
        if block.slow.any():
            self._slow += np.bincount(place[block.slow], minlength=self._size)
        done = np.isfinite(block.latency_ms)
        took_us = (block.cohorts.captured_us - block.cohorts.due_us)[done]
        numbers = np.arange(place[0], place[-1] + 1)
        edges = np.searchsorted(place[done], numbers)
        for number, part in zip(numbers.tolist(), np.split(took_us, edges[1:]), strict=True):
            if number > self._begun:
                self._rank()
                self._begun = number
            self._took_us.append(part)

    def result(self) -> Windows:
        """All windows."""
        self._rank()
        p50, p95, p99 = self._latency_ms
        return Windows(
            width_s=self._width_s,
            scheduled=self._due / self._width_s,
            good=self._good / self._width_s,
            slow=self._slow / self._width_s,
            failed=(self._due - self._good - self._slow) / self._width_s,
            latency_ms=(p50, p95, p99),
        )

    def _rank(self) -> None:
        """The window that was begun is over; only three of its payments need to be in place."""
        took_us = np.concatenate(self._took_us)
        self._took_us = [np.empty(0, np.int64)]
        if len(took_us):
            ranks = [max(math.ceil(len(took_us) * p / 100), 1) - 1 for p in PERCENTILES]
            found = np.partition(took_us, ranks)[ranks]
            self._latency_ms[:, self._begun] = found / 1000.0


class AmplificationTally:
    """Requests sent in a second for each payment due in it; 0 where nothing was due."""

    def __init__(self, end_s: float) -> None:
        self._size = max(1, int(np.ceil(end_s)))
        self._sent, self._due, self._well = np.zeros((3, self._size), np.int64)

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        sent_us = block.attempts["due_us"].astype(np.int64) + block.attempts["late_us"]
        sent_s = np.minimum(sent_us // US_PER_S, self._size)
        due_s = np.minimum(block.cohorts.due_us // US_PER_S, self._size - 1)
        self._sent += np.bincount(sent_s, minlength=self._size + 1)[: self._size]
        further = block.cohorts.steps.due_us[block.cohorts.further]
        if len(further):
            further_s = np.minimum(further // US_PER_S, self._size)
            self._sent -= np.bincount(further_s, minlength=self._size + 1)[: self._size]
        self._due += np.bincount(due_s, minlength=self._size)
        self._well += np.bincount(due_s[block.good], minlength=self._size)

    def result(self) -> Amplification:
        """All seconds."""
        some = np.maximum(self._due, 1)
        return Amplification(
            due=self._due,
            attempts_per_intent=np.where(self._due > 0, self._sent / some, 0.0),
            good_ratio=np.where(self._due > 0, self._well / some, 1.0),
        )
