"""Synthetic outages whose boundaries are known, and how far the measured ones are off."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from reports.inputs.schedule import Floats
from reports.measures.degraded import P1
from reports.measures.recovery import Recovery, Trace, baseline, measure
from tests.support.runs_traces import F0_S, seconds, trace_of

TAIL_S: Final = 20.0
GOAL_BAD: Final = 7.0
GOAL_MIN_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Bad share by second after f0, as points of a broken line, and its true boundaries.

    Each boundary is a span: while the share of a gradual edge is between none and P1, degraded
    and good are both true. `shares` is the bad share at each boundary.
    """

    name: str
    at_s: tuple[float, ...]
    bad: tuple[float, ...]
    onset_s: tuple[float, float]
    end_s: tuple[float, float]
    shares: tuple[float, float]
    episodes: int = 1

    def share(self, since_f0_s: Floats) -> Floats:
        """The bad share at each of these times."""
        return np.interp(since_f0_s, self.at_s, self.bad, left=0.0, right=0.0)


def square(bad: float, long_s: float) -> Shape:
    """Begins at f0 and ends at once."""
    name = f"square {bad:.0%}"
    return Shape(
        name=name,
        at_s=(0, long_s),
        bad=(bad, bad),
        onset_s=(0, 0),
        end_s=(long_s, long_s),
        shares=(bad, bad),
    )


def ramp(long_s: float) -> Shape:
    """Gets worse for ten seconds, stays down and ends at once."""
    points = (0.0, 10.0, 10.0 + long_s)
    return Shape(
        name="ramp",
        at_s=points,
        bad=(0, 1, 1),
        onset_s=(0, 10 * P1),
        end_s=(points[-1], points[-1]),
        shares=(P1, 1.0),
    )


def drain(long_s: float) -> Shape:
    """Down at once; gets better for ten seconds."""
    points = (0.0, long_s, long_s + 10.0)
    return Shape(
        name="slow drain",
        at_s=points,
        bad=(1, 1, 0),
        onset_s=(0, 0),
        end_s=(points[-1] - 10 * P1, points[-1]),
        shares=(1.0, P1),
    )


def two_outages(long_s: float) -> Shape:
    """Half of the requests go wrong twice, 15 s apart: longer than the hold."""
    again_s = long_s + 15.0
    points = (0.0, long_s, long_s + 1e-9, again_s - 1e-9, again_s, again_s + long_s)
    return Shape(
        name="two outages",
        at_s=points,
        bad=(0.5, 0.5, 0, 0, 0.5, 0.5),
        onset_s=(0, 0),
        end_s=(points[-1], points[-1]),
        shares=(0.5, 0.5),
        episodes=2,
    )


def shapes(seed: int) -> Iterator[Shape]:
    """Each shape, with a length between 5 and 15 s that the seed draws."""
    long_s = 5 + 10 * float(np.random.default_rng(seed).random())
    yield from (square(bad, long_s) for bad in (0.3, 0.5, 1.0))
    yield from (ramp(long_s), drain(long_s), two_outages(long_s))


def trace_with(shape: Shape, seed: int, *, per_s: float, at_rest: float) -> Trace:
    """Poisson arrivals with that outage after a baseline of at least 300."""
    draw = np.random.default_rng([seed, int(per_s), round(at_rest * 10_000)])
    end_s = F0_S + shape.at_s[-1] + TAIL_S
    begin_s = min(0.0, F0_S - 360 / per_s)
    due = np.sort(draw.uniform(begin_s, end_s, draw.poisson(per_s * (end_s - begin_s))))
    share = np.maximum(shape.share(due - F0_S), at_rest)
    return trace_of(due - begin_s, draw.random(len(due)) < share, end_s - begin_s, 10, -begin_s)


def errors_s(found: Recovery, shape: Shape, f0_s: float) -> tuple[float, float]:
    """How far onset and stable recovery are off; the whole length where nothing was found."""
    if not found.episodes:
        return shape.end_s[1], shape.end_s[1]
    onset_s = found.episodes[0].begin_s - f0_s
    return _off_s(onset_s, shape.onset_s), _off_s(found.stable_recovery_s, shape.end_s)


def _off_s(at_s: float, span_s: tuple[float, float]) -> float:
    return max(span_s[0] - at_s, at_s - span_s[1], 0.0)


def dipping_trace(seed: int, *, per_s: float, at_rest: float) -> Trace:
    """A dip of less than half a second, with two failures near it."""
    draw = np.random.default_rng([seed, int(per_s), round(at_rest * 10_000), 1])
    at_s, long_s, bad = draw.uniform(0, 29), draw.uniform(0.05, 0.49), draw.choice([0.5, 1.0])
    name = "dip"
    span = (at_s, at_s + long_s)
    dip = Shape(name=name, at_s=span, bad=(bad, bad), onset_s=span, end_s=span, shares=(bad, bad))
    trace = trace_with(dip, seed, per_s=per_s, at_rest=at_rest)
    near_s = draw.choice([0.6, 2.0, 9.9])
    strays_s = trace.f0_s + at_s + long_s / 2 + draw.uniform(-near_s, near_s, 2)
    hit = np.searchsorted(seconds(trace), strays_s)
    trace.good[hit[hit < len(trace.good)]] = False
    return trace


def flapping_trace(seed: int, *, per_s: float, every_s: float, down_s: float, bad: float) -> Trace:
    """Down for a moment again and again, for 18 s after f0."""
    begins = np.arange(0.3, 18, every_s)
    points = np.concatenate([(b, b + 1e-9, b + down_s - 1e-9, b + down_s) for b in begins])
    flapping = Shape(
        name="flapping",
        at_s=tuple(points.tolist()),
        bad=(0, bad, bad, 0) * len(begins),
        onset_s=(0.3, 0.3),
        end_s=(float(points[-1]), float(points[-1])),
        shares=(bad, bad),
    )
    return trace_with(flapping, seed, per_s=per_s, at_rest=0.001)


def endless_flapping(seed: int, *, per_s: float, every_s: float, down_s: float) -> Trace:
    """Wholly down for a moment again and again, from the end of the fault to that of the load."""
    draw = np.random.default_rng([seed, round(every_s * 100), round(down_s * 100)])
    due = np.sort(draw.uniform(0, F0_S + 30, draw.poisson(per_s * (F0_S + 30))))
    since_s = due - (F0_S + 10) - draw.uniform(0, every_s)
    down = (since_s >= 0) & (since_s % every_s < down_s)
    return trace_of(due, down, F0_S + 30, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """95th percentiles of one shape at one rate, each beside its goal."""

    shape: str
    per_s: float
    at_rest: float
    onset_s: float
    onset_goal_s: float
    end_s: float
    end_goal_s: float
    wrong_count: int


def cells(per_s: float, at_rest: float, seeds: Iterable[int]) -> Iterator[Cell]:
    """One cell a shape."""
    off: dict[str, list[tuple[float, float]]] = {}
    wrong: dict[str, int] = {}
    last: dict[str, Shape] = {}
    for seed in seeds:
        for shape in shapes(seed):
            trace = trace_with(shape, seed, per_s=per_s, at_rest=at_rest)
            found = measure(trace, baseline(trace))
            off.setdefault(shape.name, []).append(errors_s(found, shape, trace.f0_s))
            wrong[shape.name] = wrong.get(shape.name, 0) + (len(found.episodes) != shape.episodes)
            last[shape.name] = shape
    for name, found_off in off.items():
        onset, end = np.percentile(found_off, 95, axis=0)
        goals = [max(GOAL_MIN_S, GOAL_BAD / (per_s * share)) for share in last[name].shares]
        yield Cell(
            shape=name,
            per_s=per_s,
            at_rest=at_rest,
            onset_s=float(onset),
            onset_goal_s=goals[0],
            end_s=float(end),
            end_goal_s=goals[1],
            wrong_count=wrong[name],
        )


def table(seeds: int, rates: Iterable[float], rests: tuple[float, ...]) -> Iterator[str]:
    """The lines of the table; a star marks a cell that misses its goal."""
    yield "| shape | per s | bad at rest | onset p95 (goal) | end p95 (goal) | wrong count |"
    yield "|---|---|---|---|---|---|"
    for per_s in rates:
        for at_rest in rests:
            for c in cells(per_s, at_rest, range(seeds)):
                onset, end = _told(c.onset_s, c.onset_goal_s), _told(c.end_s, c.end_goal_s)
                yield (
                    f"| {c.shape} | {c.per_s:g} | {c.at_rest:.1%} | {onset} | {end} "
                    f"| {c.wrong_count} |"
                )


def _told(value_s: float, goal_s: float) -> str:
    return f"{value_s:.2f} ({goal_s:.2f}){' *' if value_s > goal_s else ''}"


if __name__ == "__main__":
    for line in table(100, (10, 20, 50, 100, 200, 500), (0.0, 0.001, 0.005)):
        sys.stdout.write(f"{line}\n")
