"""How long payers felt a fault, from the episodes that were found (docs/recovery.md)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from reports.measures.degraded import P1
from reports.measures.episodes import APART_S, Episode, find_episodes
from reports.measures.felt import Felt
from reports.measures.traces import MIN_BASELINE, Baseline, KnownTime, Trace, baseline

__all__ = [
    "MIN_BASELINE",
    "P1",
    "Baseline",
    "Episode",
    "KnownTime",
    "Recovery",
    "Trace",
    "baseline",
    "measure",
]

# A boundary is off by no more than this many bad requests take, in 95 of 100 runs.
RESOLUTION_BAD: Final = 7
RESOLUTION_MIN_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """All figures in seconds since f0 unless said otherwise; `censored`: they are lower bounds.

    None is below zero: payments that were in flight at f0 felt it at f0, and what was over before
    f1 needed no time after it. `resolution_s` is how exactly this run shows a boundary;
    `bad` of the `arrivals` that the fault could reach went wrong, in episodes, dips or alone.
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
    resolution_s: float
    arrivals: int
    bad: int


def measure(trace: Trace, before: Baseline) -> Recovery:
    """The recovery of a run whose baseline was found sound."""
    felt, clock = Felt(trace), trace.known
    found, dips = find_episodes(felt, before)
    episodes = _held(found, trace)
    last = episodes[-1].end_s if episodes else trace.f0_s
    until_s = trace.end_s if last is None else last
    first = episodes[0].first_end_s if episodes else trace.f0_s
    return Recovery(
        episodes=episodes,
        micro_dips=dips,
        time_to_degrade_s=clock.after(trace.f0_s, episodes[0].begin_s) if episodes else None,
        first_recovery_s=clock.after(trace.f0_s, trace.end_s if first is None else first),
        first_censored=first is None,
        stable_recovery_s=clock.after(trace.f0_s, until_s),
        recovery_after_clear_s=clock.after(trace.f1_s, until_s),
        censored=last is None,
        lost_s=_lost_s(felt, before.good_ratio),
        resolution_s=_resolution_s(felt, episodes),
        arrivals=len(felt.bad),
        bad=len(felt.bad_places),
    )


def _held(episodes: tuple[Episode, ...], trace: Trace) -> tuple[Episode, ...]:
    """The last episode has an end only if at least a hold of good traffic follows it.

    What went on after the fault for longer than the hold must stay away for as long as it went on,
    up to APART_S: a system that goes down again and again is good between any two times.
    """
    if not episodes:
        return ()
    last, clock = episodes[-1], trace.known
    if last.end_s is None:
        return episodes
    wanted_s = max(trace.hold_s, min(APART_S, clock.after(trace.f1_s, last.end_s)))
    if clock.between(last.end_s, trace.end_s) >= wanted_s:
        return episodes
    first_end_s = None if last.first_end_s == last.end_s else last.first_end_s
    return (*episodes[:-1], replace(last, end_s=None, first_end_s=first_end_s))


def _lost_s(felt: Felt, good_ratio: float) -> float:
    """Area of the resilience triangle: seconds of full outage that would have hurt as much.

    Every slice counts in which fewer requests were good than before the fault, in an episode or
    not; a better slice pays nothing back.
    """
    seen = felt.slices(felt.begin_s, felt.trace.end_s)
    lost = np.maximum(good_ratio - (1 - seen.bad_ratio), 0.0) / good_ratio
    return float((lost * seen.width_s * (seen.due > 0)).sum())


def _resolution_s(felt: Felt, episodes: tuple[Episode, ...]) -> float:
    """Seconds that a few bad requests take: those of the sparsest episode, or of a full outage."""
    trace, longest_s = felt.trace, 0.0
    for episode in episodes:
        end_s = trace.end_s if episode.end_s is None else episode.end_s
        longest_s = max(longest_s, trace.known.after(episode.begin_s, end_s) / episode.bad)
    if not episodes and len(felt.bad):
        longest_s = trace.known.after(felt.begin_s, trace.end_s) / len(felt.bad)
    return max(RESOLUTION_MIN_S, RESOLUTION_BAD * longest_s)
