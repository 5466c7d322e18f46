"""What the users of the system felt of the fault, in sentences that follow from all figures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reports.measures.page_model import Picture
from reports.measures.recovery import Episode, Recovery
from reports.measures.windows import Windows
from reports.render.format import count, say, say_dips, say_limit


def say_felt(picture: Picture) -> str:
    """One or two sentences; empty where nothing could be measured against a baseline."""
    recovery = picture.recovery
    if recovery is None:
        return ""
    reached = "due from then on" if picture.control else "that the fault could reach"
    parts = [_episodes(recovery, picture), _dips(recovery), _strays(recovery, reached)]
    return " ".join(part for part in parts if part)


def say_good(picture: Picture) -> str:
    """`98.6 % of the intents that were due during the fault were good`; empty: not measured."""
    if picture.good_ratio_fault is None:
        return ""
    within = say_limit(picture.latency_limit_ms, "")
    share = say(picture.good_ratio_fault, "ratio")
    return f"During the fault {share} of the intents were good, that is, ok within {within} ms."


def _episodes(recovery: Recovery, picture: Picture) -> str:
    found = recovery.episodes
    if not found:
        return ""
    bad, arrivals = sum(e.bad for e in found), sum(e.arrivals for e in found)
    worst = say(max(e.worst_bad_ratio for e in found), "ratio")
    how = _how(found, picture)
    told = f"{bad:,} of {arrivals:,} intents {how}, {worst} of those due in the worst second"
    if len(found) > 1:
        long_s = sum(_end_s(e, picture) - e.begin_s for e in found)
        when = f"In {len(found)} degraded episodes of {say(long_s, 's')} in all"
    else:
        when = f"From {found[0].begin_s:.1f} s {_until(found[0])}"
    return f"{when}, {told}."


def _until(episode: Episode) -> str:
    return "to the end of the load" if episode.end_s is None else f"to {episode.end_s:.1f} s"


def _end_s(episode: Episode, picture: Picture) -> float:
    return picture.end_s if episode.end_s is None else episode.end_s


def _how(found: Sequence[Episode], picture: Picture) -> str:
    """Whether they failed, were slow, or both, by what the windows of that time show."""
    slow, failed = 0.0, 0.0
    for episode in found:
        some = _windows(picture.windows, episode.begin_s, _end_s(episode, picture))
        slow += float(picture.windows.slow[some].sum())
        failed += float(picture.windows.failed[some].sum())
    if not slow:
        return "failed"
    return "failed or were slow" if failed else "were slow"


def _windows(windows: Windows, begin_s: float, end_s: float) -> slice:
    first = int(np.floor(begin_s / windows.width_s))
    return slice(max(first, 0), max(int(np.ceil(end_s / windows.width_s)), first + 1))


def _dips(recovery: Recovery) -> str:
    dips = recovery.micro_dips
    if not dips:
        return ""
    return f"There {'was' if len(dips) == 1 else 'were'} {say_dips(dips)}."


def _strays(recovery: Recovery, reached: str) -> str:
    """What was bad outside of episodes and dips."""
    counted = sum(e.bad for e in (*recovery.episodes, *recovery.micro_dips))
    alone = recovery.bad - counted
    if recovery.episodes or recovery.micro_dips:
        more = count(alone, "more intent was", "more intents were")
        return f"{more} bad at other times." if alone > 0 else ""
    if not recovery.bad:
        return f"All {recovery.arrivals:,} intents {reached} were good."
    if recovery.bad == 1:
        return f"1 of {recovery.arrivals:,} intents {reached} was bad: no outage."
    bad = f"{recovery.bad:,} of {recovery.arrivals:,} intents {reached} were bad"
    return f"{bad}, at no time enough of them for an outage."
