"""What happened, on one clock: intents by outcome, latency, attempts, faults, breakers, states."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from reports.inputs.schedule import Floats
from reports.measures.page_model import Picture
from reports.render import svg
from reports.render.clock import LEFT, RIGHT, WIDTH, Clock, axis, bands, recovered, step_of
from reports.render.format import count, say
from reports.render.lanes import LANE_H, lane, openings, rows_of, wrong_lane
from reports.render.style import FAILED, GOOD, GRID, INK, QUIET, SLOW, Colour

_RATE: Final = (66.0, 196.0)
_LATENCY: Final = (222.0, 332.0)
_ATTEMPTS: Final = (356.0, 400.0)
_LANES: Final = 420.0
_MOST_OPENINGS: Final = 20


def what_happened(picture: Picture) -> str:
    """The whole clock as one SVG picture."""
    clock = Clock(end_s=picture.end_s)
    rows = rows_of(picture)
    wrong = [each for each in picture.wrong if each.due]
    below = _LANES + LANE_H * len(wrong)
    bottom = below + LANE_H * len(rows) + 6
    marks = [
        *bands(clock, picture, bottom),
        *_openings(clock, picture, below),
        *_rates(clock, picture),
        *_latencies(clock, picture),
        *_attempts(clock, picture),
        *(
            mark
            for i, each in enumerate(wrong)
            for mark in wrong_lane(clock, each.label, each.due_s, _LANES + i * LANE_H)
        ),
        *(mark for i, row in enumerate(rows) for mark in lane(clock, row, below + i * LANE_H)),
        *recovered(clock, picture, _LATENCY[1]),
        *axis(clock, bottom, picture.zero_wall_ns),
    ]
    return svg.picture((WIDTH, bottom + 58), "What happened", _described(picture), marks)


def _described(picture: Picture) -> str:
    parts = [
        f"{life.name} of {life.target} from {life.at_s['verified']:.1f} s"
        for life in picture.faults
        if "verified" in life.at_s
    ]
    opened = openings(picture)
    if opened:
        times = count(len(opened), "time", "times")
        parts.append(f"breakers opened {times}, first at {opened[0]:.1f} s")
    parts += [f"{len(each.due)} {each.label}" for each in picture.wrong if each.due]
    if picture.recovery is not None:
        so_long = picture.recovery.stable_recovery_s
        parts.append(f"stable after {say(so_long, 's', censored=picture.recovery.censored)}")
    told = "; ".join(parts or ["no fault"])
    return f"Intents by outcome, latency and attempts over the run: {told}."


def _openings(clock: Clock, picture: Picture, bottom: float) -> list[str]:
    """A thin line through the curves where a breaker opens."""
    places = [clock.x(at_s) for at_s in openings(picture)[:_MOST_OPENINGS]]
    lines = [svg.line((x, _RATE[0]), (x, bottom), FAILED, dash="1 3", width=0.8) for x in places]
    if not places:
        return lines
    label = "breaker opens"
    return [*lines, svg.text((places[0] + 4, _LATENCY[0] - 8), label, colour=FAILED)]


def _rates(clock: Clock, picture: Picture) -> list[str]:
    seen = picture.windows
    top, bottom = _RATE
    highest = float(seen.scheduled.max()) * 1.05 if len(seen.scheduled) else 1.0
    step = step_of(max(highest, 1e-9), 3)
    marks = _labels(top, "intents/s", "by outcome")

    def at(values: Floats) -> list[svg.Point]:
        up = bottom - (bottom - top) * values / max(highest, 1e-9)
        centres = (np.arange(len(values)) + 0.5) * seen.width_s
        edges = [0.0, *centres.tolist(), len(values) * seen.width_s]
        heights = [up[0], *up.tolist(), up[-1]]
        return [(clock.x(s), y) for s, y in zip(edges, heights, strict=True)]

    for number in range(1, int(highest // step) + 1):
        y = bottom - (bottom - top) * number * step / highest
        marks += _tick(y, f"{number * step:g}")
    lower = at(np.zeros(len(seen.good)))
    total = np.zeros(len(seen.good))
    for values, colour in ((seen.good, GOOD), (seen.slow, SLOW), (seen.failed, FAILED)):
        total = total + values
        upper = at(total)
        if values.any():
            marks.append(svg.area(upper, lower, colour))
        lower = upper
    marks.append(svg.path([at(seen.scheduled)], INK, dash="1 2", width=1))
    return marks


def _latencies(clock: Clock, picture: Picture) -> list[str]:
    top, bottom = _LATENCY
    limit = picture.latency_limit_ms
    finite = [v for series in picture.windows.latency_ms for v in series[np.isfinite(series)]]
    low = math.floor(math.log10(max(min([*finite, limit]), 0.1)))
    high = math.ceil(math.log10(max([*finite, limit * 1.2])))

    def y(value_ms: float) -> float:
        share = (math.log10(max(value_ms, 0.1)) - low) / (high - low)
        return bottom - (bottom - top) * min(max(share, 0.0), 1.0)

    marks = _labels(top, "latency of ok", "ms, log")
    for power in range(low, high + 1):
        marks += _tick(y(10.0**power), f"{10.0**power:,g}")
    marks.append(svg.line((LEFT, y(limit)), (RIGHT, y(limit)), FAILED, dash="6 4"))
    ends: list[tuple[float, str, Colour]] = [(y(limit), f"{limit:g} ms", FAILED)]
    styles = (("p50", "", 1.6), ("p95", "6 2", 1.3), ("p99", "2 2", 1.1))
    for (name, dash, width), series in zip(styles, picture.windows.latency_ms, strict=True):
        parts = _parts(clock, series, picture.windows.width_s, y)
        marks.append(svg.path(parts, INK, dash=dash, width=width))
        if parts:
            ends.append((parts[-1][-1][1], name, INK))
    return marks + _apart(ends)


def _attempts(clock: Clock, picture: Picture) -> list[str]:
    """Attempts that were sent in a second for each intent due in it."""
    series = picture.amplification.attempts_per_intent
    top, bottom = _ATTEMPTS
    highest = max(float(series.max(initial=0.0)) * 1.1, 2.0)

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / highest

    marks = _labels(top, "attempts/intent", "sent per second")
    marks += [*_tick(y(1.0), "1"), *_tick(top, f"{highest:.2g}")]
    points = [(clock.x(number + 0.5), y(value)) for number, value in enumerate(series.tolist())]
    if not points:
        return marks
    return [*marks, svg.path([points], INK, width=1.4)]


def _parts(
    clock: Clock, series: Floats, width_s: float, y: Callable[[float], float]
) -> list[list[svg.Point]]:
    """The line of one percentile, interrupted where nothing was captured."""
    parts: list[list[svg.Point]] = [[]]
    for number, value in enumerate(series.tolist()):
        if math.isfinite(value):
            parts[-1].append((clock.x((number + 0.5) * width_s), y(value)))
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def _apart(ends: Sequence[tuple[float, str, Colour]]) -> list[str]:
    """Labels at the right edge, pushed apart where their lines end close together."""
    marks, last = [], -math.inf
    for y, label, colour in sorted(ends, key=lambda end: end[0]):
        last = max(y + 3.5, last + 12.0)
        marks.append(svg.text((RIGHT + 6, last), label, colour=colour))
    return marks


def _tick(y: float, told: str) -> list[str]:
    return [
        svg.line((LEFT, y), (RIGHT, y), GRID),
        svg.text((LEFT - 6, y + 4), told, colour=QUIET, anchor="end"),
    ]


def _labels(top: float, name: str, unit: str) -> list[str]:
    return [
        svg.text((LEFT - 56, top + 8), name, anchor="end", bold=True),
        svg.text((LEFT - 56, top + 22), unit, colour=QUIET, anchor="end"),
    ]
