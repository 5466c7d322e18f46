"""How each step of the intents went: counts by outcome, and latency, by request name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.inputs.attempts import names_of
from reports.inputs.schedule import Ints
from reports.measures.cohorts import Block
from reports.measures.steps import OK, OPEN, REFUSED

# Latencies are counted in bins of which 64 double the time: a rank is exact to 1.1 %.
_BINS_A_DOUBLING: Final = 64
_BINS: Final = 34 * _BINS_A_DOUBLING


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCounts:
    """One request name: its steps by how they ended, and the latency of those that ended ok.

    Latency is from the intended start of a step's first attempt to the end of its last one.
    """

    name: str
    intents: int
    attempts: int
    ok: int
    fail: int
    info: int
    latency_ms_p50: float | None
    latency_ms_p99: float | None


class StepTally:
    """Counts the steps of all blocks."""

    def __init__(self) -> None:
        self._attempts: dict[int, int] = defaultdict(int)
        self._ends: dict[int, Ints] = defaultdict(lambda: np.zeros(4, dtype=np.int64))
        self._took: dict[int, Ints] = defaultdict(lambda: np.zeros(_BINS, dtype=np.int64))

    def add(self, block: Block) -> None:
        """Count the next block."""
        steps = block.cohorts.steps
        counts = np.bincount(names_of(block.attempts))
        took_us, is_ok = steps.ended_us - steps.due_us, steps.known == OK
        for name in np.flatnonzero(counts).tolist():
            is_only = counts[name] == len(block.attempts)
            mine = slice(None) if is_only else steps.name == name
            ok = is_ok if is_only else is_ok & mine
            self._attempts[name] += int(counts[name])
            self._ends[name] += np.bincount(steps.known[mine], minlength=4)
            self._took[name] += _counted(took_us if ok.all() else took_us[ok])

    def result(self, names: tuple[str, ...]) -> tuple[StepCounts, ...]:
        """In the order of `names`; the scenario's own table of request names."""
        return tuple(self._step(number, names) for number in sorted(self._attempts))

    def _step(self, number: int, names: tuple[str, ...]) -> StepCounts:
        ends, took = self._ends[number].tolist(), self._took[number]
        return StepCounts(
            name=names[number] if number < len(names) else f"request {number}",
            intents=sum(ends),
            attempts=self._attempts[number],
            ok=ends[OK],
            fail=ends[REFUSED],
            info=ends[OPEN],
            latency_ms_p50=_rank_ms(took, 0.5),
            latency_ms_p99=_rank_ms(took, 0.99),
        )


def _counted(took_us: Ints) -> Ints:
    bins = np.log2(np.maximum(took_us, 1)) * _BINS_A_DOUBLING
    return np.bincount(np.minimum(bins.astype(np.int64), _BINS - 1), minlength=_BINS)


def _rank_ms(counts: Ints, share: float) -> float | None:
    """The upper edge of the bin in which that share of all is reached; None without any."""
    ranks = np.cumsum(counts)
    if not ranks[-1]:
        return None
    place = int(np.searchsorted(ranks, np.ceil(ranks[-1] * share)))
    return round(float(2.0 ** ((place + 1) / _BINS_A_DOUBLING)) / 1000, 3)
