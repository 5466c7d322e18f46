"""How long payers felt a fault: degraded episodes by a per-request CUSUM (docs/recovery.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.cohorts import Flags
from reports.schedule import Floats, Instants, Ints, blocks, place

MICRO_DIP_S: Final = 0.5
P1: Final = 0.05
ALPHA: Final = 0.01
GAP_S: Final = 2.0
MIN_BASELINE: Final = 300
_UNITS_PER_NAT: Final = 1_000_000
_FIRST_CHUNK: Final = 1 << 10
_CHUNK: Final = 1 << 16


class KnownTime:
    """Durations without the stretches in which nothing was scheduled, so nothing is known."""

    def __init__(self, due: Instants, begin_s: float, end_s: float) -> None:
        starts: list[Floats] = []
        lengths: list[Floats] = []
        last_s = begin_s
        for first, stop in blocks(place(due, begin_s), place(due, end_s)):
            edges = np.concatenate(([last_s], due.span_s(first, stop)))
            _keep_gaps(edges, starts, lengths)
            last_s = float(edges[-1])
        _keep_gaps(np.array([last_s, end_s]), starts, lengths)
        self._begin, self._length = np.concatenate(starts), np.concatenate(lengths)

    def between(self, begin_s: float, end_s: float) -> float:
        """Known seconds from one instant to another (negative when they stand the other way)."""
        return end_s - begin_s - (self._unknown(end_s) - self._unknown(begin_s))

    def after(self, begin_s: float, end_s: float) -> float:
        """Known seconds from one instant on to another, none when that came before."""
        return max(0.0, self.between(begin_s, end_s))

    def _unknown(self, at_s: float) -> float:
        return float(np.clip(at_s - self._begin, 0.0, self._length).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Arrivals in the order of their intended start, and whether each went well.

    Load was offered from `begin_s` (end of warm-up) to `end_s`; the fault lasted from `f0_s` to
    `f1_s` (verified); `in_flight_s` is the longest time a payment took before the fault.
    """

    due: Instants
    good: Flags
    known: KnownTime
    begin_s: float
    end_s: float
    f0_s: float
    f1_s: float
    in_flight_s: float
    hold_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How it was before the fault: arrivals and the share that went well."""

    arrivals: int
    good_ratio: float

    @property
    def bad_rate(self) -> float:
        """p0: the shrunk bad rate, never so near to 0 or to P1 that one request would decide."""
        bad = self.arrivals * (1 - self.good_ratio)
        return min(max((bad + 2) / (self.arrivals + 4), P1 / 10), P1 / 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A degraded stretch, in seconds since the run's zero; `end_s` None: it never ended."""

    begin_s: float
    end_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """All figures in seconds since f0 unless said otherwise; `censored`: they are lower bounds.

    None is below zero: payments that were in flight at f0 felt it at f0, and what was over before
    f1 needed no time after it.
    """

    episodes: tuple[Episode, ...]
    micro_dips: tuple[Episode, ...]
    time_to_degrade_s: float | None
    first_recovery_s: float
    first_censored: bool
    stable_recovery_s: float
    recovery_after_clear_s: float
    censored: bool
    lost_s: float


def baseline(trace: Trace) -> Baseline:
    """From the end of warm-up to f0 minus the longest time in flight."""
    first = place(trace.due, trace.begin_s)
    stop = max(first, place(trace.due, trace.f0_s - trace.in_flight_s))
    arrivals, good = stop - first, int(np.count_nonzero(trace.good[first:stop]))
    return Baseline(arrivals=arrivals, good_ratio=good / arrivals if arrivals else 0.0)


def measure(trace: Trace, before: Baseline) -> Recovery:
    """The recovery of a run whose baseline was found sound."""
    clock = trace.known
    raw = _episodes(trace, before.bad_rate)
    micro = tuple(e for e in raw if _is_micro(e))
    lasting = [e for e in raw if not _is_micro(e)]
    merged = _merged(lasting, clock, trace)
    end_s = merged[-1].end_s if merged else trace.f0_s
    until_s = trace.end_s if end_s is None else end_s
    first_s = lasting[0].end_s if lasting else trace.f0_s
    first_open = first_s is None or (len(merged) == 1 and end_s is None and len(lasting) == 1)
    first_until_s = trace.end_s if first_s is None or first_open else first_s
    return Recovery(
        episodes=tuple(merged),
        micro_dips=micro,
        time_to_degrade_s=clock.after(trace.f0_s, merged[0].begin_s) if merged else None,
        first_recovery_s=clock.after(trace.f0_s, first_until_s),
        first_censored=first_open,
        stable_recovery_s=clock.after(trace.f0_s, until_s),
        recovery_after_clear_s=clock.after(trace.f1_s, until_s),
        censored=end_s is None,
        lost_s=sum(_lost_s(trace, e, before.good_ratio) for e in merged),
    )


def segments(bad: Flags, p0: float) -> list[tuple[int, int | None]]:
    """(first degraded, first good again) as places in `bad`; None when it never was good again.

    One walk of whole-numbered log likelihood ratios (P1 against `p0`) both ways, so that a worse
    trace is never degraded for less long, and order of computation changes nothing.
    """
    size = len(bad)
    if not size:
        return []
    threshold = round(math.log(size / ALPHA) * _UNITS_PER_NAT)
    for_bad = round(math.log(P1 / p0) * _UNITS_PER_NAT)
    for_good = round(math.log((1 - P1) / (1 - p0)) * _UNITS_PER_NAT)
    down, up = _Walk(bad, for_bad, for_good), _Walk(bad, -for_bad, -for_good)
    found: list[tuple[int, int | None]] = []
    at = 0
    while at < size:
        crossed, onset = down.climb(at, threshold)
        if crossed == size:
            break
        back, end = up.climb(crossed + 1, threshold)
        found.append((onset, end if end < size else None))
        at = back + 1
    return found


class _Walk:
    """The sum of weights clipped at zero: the plain sum minus its running minimum, in chunks."""

    def __init__(self, bad: Flags, for_bad: int, for_good: int) -> None:
        self._bad, self._for_bad, self._for_good = bad, for_bad, for_good

    def climb(self, start: int, threshold: int) -> tuple[int, int]:
        """Where the sum first exceeds the threshold; the place after its last zero."""
        at, total, since, width = start, 0, start, _FIRST_CHUNK
        while at < len(self._bad):
            walk = self._walk(at, width, total)
            over = len(walk)
            if walk.max() > threshold:
                over = int((walk > threshold).argmax())
            zeros = walk[:over][::-1] == 0
            if zeros.any():
                since = at + over - int(zeros.argmax())
            if over < len(walk):
                return at + over, since
            total, at, width = int(walk[-1]), at + len(walk), min(width * 4, _CHUNK)
        return len(self._bad), since

    def _walk(self, at: int, width: int, total: int) -> Ints:
        weights = np.where(self._bad[at : at + width], self._for_bad, self._for_good)
        weights[0] += total
        plain = np.cumsum(weights, out=weights)
        lowest = np.minimum.accumulate(plain)
        return plain - np.minimum(lowest, 0, out=lowest)


def _keep_gaps(edges: Floats, starts: list[Floats], lengths: list[Floats]) -> None:
    length = np.diff(edges)
    starts.append(edges[:-1][length > GAP_S])
    lengths.append(length[length > GAP_S])


def _episodes(trace: Trace, p0: float) -> list[Episode]:
    first = place(trace.due, trace.f0_s - trace.in_flight_s)
    stop = max(first, place(trace.due, trace.end_s))

    def at_s(number: int) -> float:
        return float(trace.due.span_s(first + number, first + number + 1)[0])

    return [
        Episode(begin_s=at_s(on), end_s=None if off is None else at_s(off))
        for on, off in segments(~trace.good[first:stop], p0)
    ]


def _is_micro(episode: Episode) -> bool:
    return episode.end_s is not None and episode.end_s - episode.begin_s < MICRO_DIP_S


def _merged(lasting: list[Episode], clock: KnownTime, trace: Trace) -> list[Episode]:
    merged: list[Episode] = []
    for episode in lasting:
        last = merged[-1] if merged else None
        if last and last.end_s is not None:
            quiet_s = clock.between(last.end_s, episode.begin_s)
            if quiet_s < trace.hold_s:
                merged[-1] = Episode(begin_s=last.begin_s, end_s=episode.end_s)
                continue
        merged.append(episode)
    if merged:
        last = merged[-1]
        if last.end_s is not None and clock.between(last.end_s, trace.end_s) < trace.hold_s:
            merged[-1] = Episode(begin_s=last.begin_s, end_s=None)
    return merged


def _lost_s(trace: Trace, episode: Episode, good_ratio: float) -> float:
    """Area of the resilience triangle: seconds of full outage that would have hurt as much."""
    end_s = trace.end_s if episode.end_s is None else episode.end_s
    due, good = np.zeros((2, max(1, int(end_s - episode.begin_s) + 1)), np.int64)
    for first, stop in blocks(place(trace.due, episode.begin_s), place(trace.due, end_s)):
        slices = (trace.due.span_s(first, stop) - episode.begin_s).astype(np.int64)
        due += np.bincount(slices, minlength=len(due))
        good += np.bincount(slices[trace.good[first:stop]], minlength=len(due))
    last = int(np.flatnonzero(due)[-1]) + 1 if due.any() else 0
    due, good = due[:last], good[:last]
    width = np.minimum(1.0, end_s - episode.begin_s - np.arange(len(due)))
    lost = np.where(due > 0, (good_ratio - good / np.maximum(due, 1)) / good_ratio, 0.0)
    return float((lost * width).sum())
