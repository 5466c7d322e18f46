"""Whether a system stays down by its own work, although the fault is gone and the load as before.

A metastable system repeats requests, and this work leaves no capacity for good answers. A slow
recovery also repeats requests and gives few good answers for a time, but its attempts and its
backlog decrease. The rule therefore tests whether they decrease until the load ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.inputs.schedule import Floats, Ints
from reports.measures.windows import Amplification

PART_S: Final = 5  # a storm pauses for a second now and then
AMPLIFIED: Final = 1.5
STARVED: Final = 0.5
FLAT: Final = 1.25
UNDIMINISHED: Final = 0.75
WAITING: Final = 0.5
LONG_S: Final = 60
Counts = tuple[Ints, Floats | Ints]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    """What a run shows, second by second; `edges` has calls and attempts of each edge.

    The baseline goes from `begin_s` to `f0_s`; `open_intents` are due and have not ended.
    """

    seen: Amplification
    edges: Mapping[str, tuple[Ints, Ints]]
    open_intents: Ints
    begin_s: float
    f0_s: float
    f1_s: float
    hold_s: float
    good_ratio: float


def metastable(run: Aftermath) -> bool:
    """Whether the system is in such a state to the end of the load, or for more than a minute.

    To the end of the load it must last as long as the fault did, and at least a hold. In every part
    of PART_S the attempts (of payers, or on one edge) are above AMPLIFIED times those of the
    baseline, good answers below STARVED times, and the load at most FLAT times. In the last part
    the attempts are at least UNDIMINISHED times those of the worst part, and the open intents at
    least WAITING times the most.
    """
    stop = len(run.seen.due)
    after = _parts(math.ceil(run.f1_s), stop)
    wanted_s = max(run.hold_s, min(run.f1_s - run.f0_s, LONG_S))
    long_enough = [place for place, part in enumerate(after) if stop - part.start >= wanted_s]
    minute = LONG_S // PART_S + 1
    stretches = [after[place:] for place in long_enough[-1:]]
    stretches += [after[end - minute : end] for end in range(minute, len(after) + 1)]
    return any(_sustained(stretch, after, run) for stretch in stretches)


def _parts(first: int, stop: int) -> list[slice]:
    """From `first` on; what is left over at the end belongs to the last one."""
    begins = list(range(first, stop - PART_S + 1, PART_S))
    ends = [*begins[1:], stop] if begins else []
    return [slice(a, b) for a, b in zip(begins, ends, strict=True)]


def _sustained(stretch: Sequence[slice], after: Sequence[slice], run: Aftermath) -> bool:
    whole = slice(stretch[0].start, stretch[-1].stop)
    due, before = run.seen.due, slice(math.ceil(run.begin_s), math.floor(run.f0_s))
    if not due[before].sum() or due[whole].mean() > FLAT * due[before].mean():
        return False
    good = due * run.seen.good_ratio
    if any(good[p].sum() >= STARVED * run.good_ratio * due[p].sum() for p in stretch):
        return False
    since = run.open_intents[after[0].start : whole.stop]
    if since[-1] < WAITING * since.max():
        return False
    sent = np.asarray(due * run.seen.attempts_per_intent, np.float64)
    counts: list[Counts] = [(due, sent), *run.edges.values()]
    return any(_repeats(stretch, after, before, each) for each in counts)


def _repeats(
    stretch: Sequence[slice],
    after: Sequence[slice],
    before: slice,
    counts: Counts,
) -> bool:
    usual = max(1.0, _ratio(counts, before))
    inside = [_ratio(counts, part) for part in stretch]
    most = max(_ratio(counts, part) for part in after if part.start <= stretch[-1].start)
    return min(inside) > AMPLIFIED * usual and inside[-1] >= UNDIMINISHED * most


def _ratio(counts: Counts, part: slice) -> float:
    """Attempts per call; 0 where nothing was called: then nothing was repeated either."""
    calls, attempts = (float(np.sum(series[part])) for series in counts)
    return attempts / calls if calls else 0.0
