"""Degraded stretches become episodes: merge those closer than the hold, then drop each lone dip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.degraded import Stretch, Weights, stretches
from reports.felt import Felt
from reports.quiet import without_quiet
from reports.schedule import Ints
from reports.traces import Baseline

MICRO_DIP_S: Final = 0.5
# The first so many bad requests outside of a half second are looked at first: they mostly decide.
_SOME: Final = 1 << 10


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
    """Stretches in groups: between two of a group lies less than the hold of known time."""
    groups: list[list[Stretch]] = []
    for stretch in found:
        if groups and _quiet_s(groups[-1][-1], stretch, felt) < felt.trace.hold_s:
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    return groups


def _quiet_s(one: Stretch, other: Stretch, felt: Felt) -> float:
    return felt.trace.known.between(felt.due_s(one.last + 1), felt.due_s(other.first))


def _lone_dip(group: list[Stretch], felt: Felt, weights: Weights) -> Stretch | None:
    """The half second that leaves out no more of the group than strays would make, if there is one.

    It begins with a bad request, and what went wrong before it is no more than strays either.
    """
    if group[-1].last == len(felt.bad) - 1:
        return None  # the load ended before it did
    places = _bad_of(group, felt)
    for skipped, number in enumerate(places.tolist()):
        if _evidence(places[:skipped], weights) >= weights.no_strays:
            break
        behind = int(np.searchsorted(places, felt.before(felt.due_s(number) + MICRO_DIP_S)))
        if _are_strays(places[behind:], weights):
            return Stretch(first=number, last=int(places[behind - 1]))
    return None


def _are_strays(places: Ints, weights: Weights) -> bool:
    return all(_evidence(some, weights) < weights.no_strays for some in (places[:_SOME], places))


def _bad_of(group: list[Stretch], felt: Felt) -> Ints:
    bounds = np.searchsorted(felt.bad_places, [(s.first, s.last + 1) for s in group]).tolist()
    return np.concatenate([felt.bad_places[first:stop] for first, stop in bounds])


def _evidence(places: Ints, weights: Weights) -> int:
    """The most that any part of these bad requests, with the good ones between, speaks for bad."""
    if not len(places):
        return 0
    bad = np.arange(len(places))
    before = bad * weights.for_bad + (places - bad) * weights.for_good
    return int((before - np.minimum.accumulate(before)).max()) + weights.for_bad


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
