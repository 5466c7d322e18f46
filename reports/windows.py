"""The run in windows of time, for pictures and rates: counts, latency, amplification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from harness.traffic import US_PER_S
from reports.cohorts import Block
from reports.schedule import Floats, Ints

MOST_WINDOWS: Final = 240
PERCENTILES: Final = (50, 95, 99)
AMPLIFIED: Final = 1.5
STARVED: Final = 0.5
METASTABLE_S: Final = 60
_PLACE_SHIFT: Final = 40
_ZERO_US: Final = 1 << 38  # a damaged record may end before its start: no negative key


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Per window of `width_s`: arrivals due per second by outcome; latency in ms (nan: none)."""

    width_s: float
    scheduled: Floats
    good: Floats
    slow: Floats
    failed: Floats
    latency_ms: tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amplification:
    """Per second of the run: requests sent for each payment due, and the share that went well."""

    attempts_per_intent: Floats
    good_ratio: Floats


class WindowTally:
    """Counts blocks into at most MOST_WINDOWS windows of one second or longer.

    Percentiles are exact ranks: a window is sorted when the last of its payments was seen.
    """

    def __init__(self, end_s: float) -> None:
        self._width_s = 1.0
        while end_s / self._width_s > MOST_WINDOWS:
            self._width_s *= 2
        self._size = max(1, int(np.ceil(end_s / self._width_s)))
        self._counts = {name: np.zeros(self._size, np.int64) for name in ("due", "good", "slow")}
        self._latency_ms = np.full((len(PERCENTILES), self._size), np.nan)
        self._open: list[Ints] = []
        self._begun = 0

    def add(self, block: Block) -> None:
        """Take in what comes next."""
        if not len(block.due_s):
            return
        place = np.minimum((block.due_s / self._width_s).astype(np.int64), self._size - 1)
        for name, chosen in (("due", place), ("good", place[block.good])):
            self._counts[name] += np.bincount(chosen, minlength=self._size)
        if block.slow.any():
            self._counts["slow"] += np.bincount(place[block.slow], minlength=self._size)
        done = np.isfinite(block.latency_ms)
        took_us = block.cohorts.captured_us - block.cohorts.due_us + _ZERO_US
        self._open.append((place << _PLACE_SHIFT | took_us)[done])
        if place[-1] > self._begun:
            self._rank(int(place[-1]))

    def result(self) -> Windows:
        """All windows."""
        self._rank(self._size)
        due, good, slow = (self._counts[name] for name in ("due", "good", "slow"))
        p50, p95, p99 = self._latency_ms
        return Windows(
            width_s=self._width_s,
            scheduled=due / self._width_s,
            good=good / self._width_s,
            slow=slow / self._width_s,
            failed=(due - good - slow) / self._width_s,
            latency_ms=(p50, p95, p99),
        )

    def _rank(self, last: int) -> None:
        """Window and latency are one number, so that one integer sort ranks all before `last`."""
        keys = np.concatenate((np.empty(0, np.int64), *self._open))
        keys.sort()
        edges = np.searchsorted(keys, np.arange(self._size + 1) << _PLACE_SHIFT)
        size = np.diff(edges[: last + 1])
        for row, percent in enumerate(PERCENTILES):
            rank = np.maximum(np.ceil(size * percent / 100).astype(np.int64), 1) - 1
            some = np.flatnonzero(size)
            found = keys[(edges[:last] + rank)[some]] & ((1 << _PLACE_SHIFT) - 1)
            self._latency_ms[row, some] = (found - _ZERO_US) / 1000.0
        self._open, self._begun = [keys[edges[last] :]], last


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
        self._due += np.bincount(due_s, minlength=self._size)
        self._well += np.bincount(due_s[block.good], minlength=self._size)

    def result(self) -> Amplification:
        """All seconds."""
        some = np.maximum(self._due, 1)
        return Amplification(
            attempts_per_intent=np.where(self._due > 0, self._sent / some, 0.0),
            good_ratio=np.where(self._due > 0, self._well / some, 1.0),
        )


def metastable(seen: Amplification, f1_s: float, baseline_good: float, hold_s: float) -> bool:
    """After the fault, retries keep the system down: for a minute, or to the end of the load."""
    begin = int(np.ceil(f1_s))
    amplified = seen.attempts_per_intent[begin:] > AMPLIFIED
    starved = seen.good_ratio[begin:] < STARVED * baseline_good
    run = 0
    for sick in (amplified & starved).tolist():
        run = run + 1 if sick else 0
        if run > METASTABLE_S:
            return True
    return run >= hold_s
