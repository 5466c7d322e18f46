"""Degraded stretches become episodes: merge those closer than the hold, then drop each lone dip.

Dips that are closer than APART_S are merged under any hold: further apart, they make fewer than P1
bad, the smallest degradation that counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.inputs.schedule import Ints
from reports.measures.degraded import P1, Stretch, Weights, stretches
from reports.measures.felt import Felt
from reports.measures.quiet import without_quiet
from reports.measures.traces import Baseline

MICRO_DIP_S: Final = 0.5
APART_S: Final = MICRO_DIP_S / P1
# The first of the bad requests outside of a half second are compared first: they usually decide.
_SOME: Final = 1 << 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A degraded time, in seconds since the run's zero; `end_s` None: it never ended.

    `bad` of the `arrivals` in it went wrong; `worst_bad_ratio` is the share in its worst second.
    `first_end_s` is when payments were good again the first time.
    """

    begin_s: float
    end_s: float | None
    first_end_s: float | None
    arrivals: int
    bad: int
    worst_bad_ratio: float


def find_episodes(felt: Felt, before: Baseline) -> tuple[tuple[Episode, ...], tuple[Episode, ...]]:
    """Episodes that last, and short dips that were alone."""
    lasting, dips = [], []
    weights = Weights.against(before.bad_rate)
    coarse = stretches(felt.bad, before.bad_rate, before.close)
    for group in _merged(without_quiet(coarse, felt, before), felt):
        dip = _lone_dip(group, felt, weights)
        if dip is None:
            lasting.append(_episode(group, felt))
        else:
            dips.append(_episode([dip], felt))
    return tuple(lasting), tuple(dips)


def _merged(found: Iterable[Stretch], felt: Felt) -> list[list[Stretch]]:
    """Stretches in groups; the known time between two of a group is shorter than the hold."""
    apart_s = max(felt.trace.hold_s, APART_S)
    groups: list[list[Stretch]] = []
    for stretch in found:
        if groups and _quiet_s(groups[-1][-1], stretch, felt) < apart_s:
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    return groups


def _quiet_s(one: Stretch, other: Stretch, felt: Felt) -> float:
    return felt.trace.known.between(felt.due_s(one.last + 1), felt.due_s(other.first))


def _lone_dip(group: list[Stretch], felt: Felt, weights: Weights) -> Stretch | None:
    """The half second outside of which the group has only strays; None if there is none.

    It begins with a bad request. What went wrong before it must be strays as well.
    """
    if group[-1].last == len(felt.bad) - 1:
        return None  # the load ended before it did
    places = _bad_of(group, felt)
    most = _most_skipped(places, weights)
    if not _are_strays(places[_behind(places, most, felt) :], weights):
        return None  # the other half seconds begin earlier and leave out more behind them
    for skipped in range(most + 1):
        behind = _behind(places, skipped, felt)
        if _are_strays(places[behind:], weights):
            return Stretch(first=int(places[skipped]), last=int(places[behind - 1]))
    return None


def _most_skipped(places: Ints, weights: Weights) -> int:
    """How many bad requests at the beginning may count as strays."""
    width = _SOME
    while True:
        head = places[:width]
        over = np.flatnonzero(_evidence(head, weights) >= weights.no_strays)
        if len(over):
            return int(over[0])
        if len(head) == len(places):
            return len(places) - 1
        width *= 4


def _behind(places: Ints, skipped: int, felt: Felt) -> int:
    """The first bad request after the half second that begins with this one."""
    end_s = felt.due_s(int(places[skipped])) + MICRO_DIP_S
    return int(np.searchsorted(places, felt.before(end_s)))


def _are_strays(places: Ints, weights: Weights) -> bool:
    return all(
        int(_evidence(some, weights).max(initial=0)) < weights.no_strays
        for some in (places[:_SOME], places)
    )


def _bad_of(group: list[Stretch], felt: Felt) -> Ints:
    bounds = np.searchsorted(felt.bad_places, [(s.first, s.last + 1) for s in group]).tolist()
    return np.concatenate([felt.bad_places[first:stop] for first, stop in bounds])


def _evidence(places: Ints, weights: Weights) -> Ints:
    """For each of these bad requests, the most evidence of a stretch that ends with it.

    Of a stretch of these requests with the good ones between them.
    """
    bad = np.arange(len(places))
    before = bad * weights.for_bad + (places - bad) * weights.for_good
    return before - np.minimum.accumulate(before) + weights.for_bad


def _episode(group: list[Stretch], felt: Felt) -> Episode:
    first, stop = group[0].first, group[-1].last + 1
    begin_s, end_s = felt.due_s(first), felt.after_s(group[-1])
    seen = felt.slices(begin_s, felt.trace.end_s if end_s is None else end_s)
    return Episode(
        begin_s=begin_s,
        end_s=end_s,
        first_end_s=felt.after_s(group[0]),
        arrivals=stop - first,
        bad=int(np.diff(np.searchsorted(felt.bad_places, (first, stop)))[0]),
        worst_bad_ratio=float(seen.bad_ratio.max(initial=0.0)),
    )
