"""What happened, on one clock: payments by outcome, latency, faults, breakers, instances."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from reports.inputs.schedule import Floats
from reports.measures.page_model import Lane, Picture, Span
from reports.render import svg
from reports.render.clock import LEFT, RIGHT, WIDTH, Clock, axis, bands, recovered, step_of
from reports.render.format import say
from reports.render.style import (
    CALM,
    FAILED,
    FAULT,
    GOOD,
    GRID,
    INK,
    ON_DARK,
    QUIET,
    SLOW,
    Colour,
)

_RATE: Final = (66.0, 196.0)
_LATENCY: Final = (226.0, 336.0)
_LANES: Final = 356.0
_LANE_H: Final = 22.0
_BAR_H: Final = 14.0
_ALARMS: Final = ("open", "down", "unready", "stopped")


def what_happened(picture: Picture) -> str:
    """The whole clock as one SVG picture."""
    clock = Clock(end_s=picture.end_s)
    rows = _rows(picture)
    bottom = _LANES + _LANE_H * len(rows) + 6
    marks = [
        *bands(clock, picture, bottom),
        *_rates(clock, picture),
        *_latencies(clock, picture),
        *(mark for i, row in enumerate(rows) for mark in _lane(clock, row, _LANES + i * _LANE_H)),
        *recovered(clock, picture, _LATENCY[1]),
        *axis(clock, bottom),
    ]
    return svg.picture((WIDTH, bottom + 44), "What happened", _described(picture), marks)


def _described(picture: Picture) -> str:
    parts = [
        f"{life.name} of {life.target} from {life.at_s['verified']:.1f} s"
        for life in picture.faults
        if "verified" in life.at_s
    ]
    if picture.recovery is not None:
        so_long = picture.recovery.stable_recovery_s
        parts.append(f"stable after {say(so_long, 's', censored=picture.recovery.censored)}")
    return "Payments by outcome and latency over the run: " + "; ".join(parts or ["no fault"]) + "."


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
        marks.append(svg.line((LEFT, y), (RIGHT, y), GRID))
        tick = f"{number * step:g}"
        marks.append(svg.text((LEFT - 6, y + 4), tick, colour=QUIET, size=10, anchor="end"))
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

    marks = _labels(top, "latency", "ms, log")
    for power in range(low, high + 1):
        at, tick = y(10.0**power), f"{10.0**power:,g}"
        marks.append(svg.line((LEFT, at), (RIGHT, at), GRID))
        marks.append(svg.text((LEFT - 6, at + 4), tick, colour=QUIET, size=10, anchor="end"))
    marks.append(svg.line((LEFT, y(limit)), (RIGHT, y(limit)), FAILED, dash="6 4"))
    ends: list[tuple[float, str, Colour]] = [(y(limit), f"{limit:g} ms", FAILED)]
    styles = (("p50", "", 1.6), ("p95", "6 2", 1.3), ("p99", "2 2", 1.1))
    for (name, dash, width), series in zip(styles, picture.windows.latency_ms, strict=True):
        parts = _parts(clock, series, picture.windows.width_s, y)
        marks.append(svg.path(parts, INK, dash=dash, width=width))
        if parts:
            ends.append((parts[-1][-1][1], name, INK))
    return marks + _apart(ends)


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
        last = max(y + 3.5, last + 11.5)
        marks.append(svg.text((RIGHT + 6, last), label, colour=colour, size=10))
    return marks


def _labels(top: float, name: str, unit: str) -> list[str]:
    return [
        svg.text((LEFT - 48, top + 8), name, size=11, anchor="end", bold=True),
        svg.text((LEFT - 48, top + 21), unit, colour=QUIET, size=10, anchor="end"),
    ]


def _rows(picture: Picture) -> list[Lane]:
    """Lanes with something to tell: faults first, then breakers and instances, then unknowns."""
    rows = [
        Lane(
            name="fault",
            usual="",
            spans=(
                Span(
                    begin_s=life.at_s["verified"],
                    end_s=life.at_s.get("verified_undone", picture.end_s),
                    state=f"{life.name.replace('_', ' ')} {life.target}",
                ),
            ),
        )
        for life in picture.faults
        if "verified" in life.at_s
    ]
    rows += picture.lanes
    seen = picture.unknowns
    if seen.count:
        told = f"{seen.count:,} unknown, " + (
            f"{seen.unresolved:,} never resolved" if seen.unresolved else "all resolved"
        )
        span = Span(begin_s=seen.begin_s, end_s=seen.end_s, state=told)
        rows.append(Lane(name="unknown answers", usual="", spans=(span,)))
    return rows


def _lane(clock: Clock, lane: Lane, y: float) -> list[str]:
    """All bars first, then the words: inside their bar, or behind it where there is room."""
    marks = [svg.text((LEFT - 10, y + 11), lane.name, size=11, anchor="end")]
    for span in lane.spans:
        at, wide = clock.x(span.begin_s), clock.x(span.end_s) - clock.x(span.begin_s)
        title = f"{_told(lane, span)}, from {span.begin_s:.2f} to {span.end_s:.2f} s"
        colour = _colour(lane, span)
        marks.append(svg.rect((at, y), (wide, _BAR_H), colour, title=title, round_px=3))
    free = LEFT
    for number, span in enumerate(lane.spans):
        told = _told(lane, span)
        wide = svg.width_px(told, 10)
        at = max(clock.x(span.begin_s) + 5, free)
        colour = _colour(lane, span)
        ink = ON_DARK if colour in (FAULT, FAILED) else INK
        if at + wide + 4 > clock.x(span.end_s):
            if span.state == lane.usual:
                continue
            group_end, room = _behind(clock, lane, number)
            at, ink = max(group_end + 5, free), INK
            if at + wide + 4 > room:
                continue
        marks.append(svg.text((at, y + 10.5), told, colour=ink, size=10))
        free = at + wide + 8
    return marks


def _behind(clock: Clock, lane: Lane, number: int) -> tuple[float, float]:
    """Where the unusual states around this one end, and where the next one begins."""
    end = clock.x(lane.spans[number].end_s)
    for later in lane.spans[number + 1 :]:
        if later.state == lane.usual:
            continue
        if clock.x(later.begin_s) > end + 1:
            return end, clock.x(later.begin_s)
        end = clock.x(later.end_s)
    return end, RIGHT


def _told(lane: Lane, span: Span) -> str:
    if not lane.usual or span.state == lane.usual:
        return span.state
    return f"{span.state} {say(span.end_s - span.begin_s, 's')}"


def _colour(lane: Lane, span: Span) -> Colour:
    if lane.name == "fault":
        return FAULT
    if span.state == lane.usual:
        return CALM
    return FAILED if span.state in _ALARMS else SLOW
