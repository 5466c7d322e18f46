"""A run in windows of time: the offered rate, the latency and the attempts of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from harness.campaigns.compare.knee import Window
from harness.campaigns.compare.matrix import Knee
from reports.inputs.schedule import place
from reports.inputs.stored import StoredRun
from reports.measures.cohorts import NEVER, Cohorts, fold

# Lateness counts in the latency; more than this share of its limit would be the generator's.
_LATE_SHARE: Final = 0.2
_LEAST_LATE_MS: Final = 5.0
_STARTED: Final = 0.999
_RANK: Final = 0.99


def windows(stored: StoredRun, span_s: tuple[float, float], knee: Knee) -> tuple[Window, ...]:
    """All whole windows between these times of the run. Raises StoredRunError."""
    return tuple(
        _window(_cohorts(stored, begin_s, begin_s + knee.window_s), begin_s, knee)
        for begin_s in _begins(span_s, knee.window_s)
    )


def _begins(span_s: tuple[float, float], window_s: float) -> Iterator[float]:
    begin_s, end_s = span_s
    count = int((end_s - begin_s) / window_s + 1e-9)
    return (begin_s + window_s * number for number in range(count))


def _cohorts(stored: StoredRun, begin_s: float, end_s: float) -> Cohorts:
    first, stop = place(stored.due, begin_s), place(stored.due, end_s)
    return fold(stored.due.span_us(first, stop), stored.attempts.between(first, stop), first)


def _window(cohorts: Cohorts, begin_s: float, knee: Knee) -> Window:
    arrivals = len(cohorts.due_us)
    return Window(
        begin_s=round(begin_s, 3),
        end_s=round(begin_s + knee.window_s, 3),
        arrivals=arrivals,
        p99_ms=p99_ms(cohorts),
        attempts_per_intent=round(attempts_per_intent(cohorts), 4),
        delivered=_delivered(cohorts, knee),
    )


def p99_ms(cohorts: Cohorts) -> float | None:
    """From the intended start to the last answer, of all intents; None: over 1 % have no end."""
    if not len(cohorts.due_us):
        return None
    settled = cohorts.settled_us
    took = np.where(settled == NEVER, np.inf, (settled - cohorts.due_us) / 1000.0)
    rank = max(int(np.ceil(len(took) * _RANK)) - 1, 0)
    found = float(np.partition(took, rank)[rank])
    return round(found, 3) if np.isfinite(found) else None


def attempts_per_intent(cohorts: Cohorts) -> float:
    """Attempts for each planned step of those that were started; planned steps are not retries."""
    started = int(np.count_nonzero(cohorts.attempts))
    planned = started + int(np.count_nonzero(cohorts.further))
    return float(cohorts.attempts.sum() / planned) if planned else 1.0


def _delivered(cohorts: Cohorts, knee: Knee) -> bool:
    """Whether the generator kept the schedule well enough for this latency limit."""
    late_us = cohorts.late_us
    started = late_us != NEVER
    if not len(late_us) or float(started.mean()) < _STARTED:
        return not len(late_us)
    limit_ms = max(_LEAST_LATE_MS, _LATE_SHARE * knee.p99_ms)
    return float(np.quantile(late_us[started], _RANK)) <= limit_ms * 1000
