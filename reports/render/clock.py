"""The one clock of a picture: seconds to pixels, bands of phases and faults, the axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from harness.clock import NS_PER_S
from reports.measures.page_model import Picture
from reports.render import svg
from reports.render.format import say
from reports.render.style import BAND, FAILED, FAULT, GOOD, GRID, ON_DARK, QUIET, Colour

LEFT: Final = 232.0
RIGHT: Final = 1040.0
WIDTH: Final = 1100.0
TOP: Final = 46.0
_PHASE_H: Final = 18.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Seconds since the run's zero on the width of the picture."""

    end_s: float

    def x(self, at_s: float) -> float:
        """The x position of an instant; instants outside the run are clamped to its edges."""
        share = min(max(at_s / self.end_s, 0.0), 1.0)
        return LEFT + (RIGHT - LEFT) * share


def bands(clock: Clock, picture: Picture, bottom: float) -> list[str]:
    """Phases on top; behind all else a band from each fault's proof to the proof of its end."""
    marks = []
    for begin_s, end_s in _fault_spans(picture):
        at, wide = clock.x(begin_s), clock.x(end_s) - clock.x(begin_s)
        marks.append(svg.rect((at, TOP), (wide, bottom - TOP), BAND))
        marks += [svg.line((x, TOP), (x, bottom), FAULT, width=0.7) for x in (at, at + wide)]
    for phase in picture.phases:
        marks += _phase(clock, phase.name, phase.begin_s, phase.end_s)
    return marks


def recovered(clock: Clock, picture: Picture, bottom: float) -> list[str]:
    """The fault labels in two rows above the plot (begin, end), so that labels do not overlap."""
    marks = []
    spans = _fault_spans(picture)
    if spans:
        first = picture.faults[0]
        told = f"{first.name.replace('_', ' ')} {first.target}"
        label = told if len(spans) == 1 else f"{len(spans)} faults"
        marks.append(_beside(clock.x(spans[0][0]), 33, label, FAULT))
    recovery = picture.recovery
    if recovery is None or not recovery.episodes:
        return marks
    end_s = recovery.episodes[-1].end_s
    if end_s is None:
        so_long = say(recovery.stable_recovery_s, "s", censored=True)
        return [*marks, _beside(RIGHT, 45, f"not recovered ({so_long})", FAILED)]
    at = clock.x(end_s)
    label = f"recovered after {say(recovery.stable_recovery_s, 's')}"
    marks.append(svg.line((at, TOP), (at, bottom), GOOD, dash="5 3", width=1.4))
    return [*marks, _beside(at, 45, label, GOOD)]


def axis(clock: Clock, y: float, zero_wall_ns: int) -> list[str]:
    """Round seconds along the bottom, and the wall clock below them where it is known."""
    step = step_of(clock.end_s, 9)
    marks = [svg.line((LEFT, y), (RIGHT, y), GRID)]
    for number in range(int(clock.end_s // step) + 1):
        x = clock.x(number * step)
        marks.append(svg.line((x, y), (x, y + 5), QUIET))
        rows = [f"{number * step:g} s"]
        rows += [wall_clock(zero_wall_ns, number * step)] if zero_wall_ns else []
        marks += [
            svg.text((x, y + 18 + 14 * row), told, colour=QUIET, anchor="middle")
            for row, told in enumerate(rows)
        ]
    zone = "; below: the time of day, UTC" if zero_wall_ns else ""
    told = f"seconds since the start of the load; each intent is at the time it was due{zone}"
    centre = ((LEFT + RIGHT) / 2, y + 50)
    marks.append(svg.text(centre, told, colour=QUIET, anchor="middle"))
    return marks


def wall_clock(zero_wall_ns: int, at_s: float) -> str:
    """The time of day of a second of the run, in UTC."""
    at = datetime.fromtimestamp(zero_wall_ns / NS_PER_S + at_s, UTC)
    return at.strftime("%H:%M:%S")


def step_of(span: float, most: int) -> float:
    """A round step (1, 2 or 5 times a power of ten) that divides a span into at most `most`."""
    raw = max(span / most, 1e-9)
    power = 10.0 ** math.floor(math.log10(raw))
    return next(power * k for k in (1, 2, 5, 10) if power * k >= raw)


def _fault_spans(picture: Picture) -> list[tuple[float, float]]:
    return [
        (life.at_s["verified"], life.at_s.get("verified_undone", picture.end_s))
        for life in picture.faults
        if "verified" in life.at_s
    ]


def _phase(clock: Clock, name: str, begin_s: float, end_s: float) -> list[str]:
    at, wide = clock.x(begin_s), clock.x(end_s) - clock.x(begin_s)
    is_fault = name == "fault"
    marks = [svg.rect((at + 0.5, 0), (wide - 1, _PHASE_H), FAULT if is_fault else GRID, round_px=3)]
    if svg.width_px(name) + 8 <= wide:
        ink = ON_DARK if is_fault else QUIET
        marks.append(svg.text((at + wide / 2, 13), name, colour=ink, anchor="middle"))
    return marks


def _beside(x: float, y: float, label: str, colour: Colour) -> str:
    if x + svg.width_px(label) + 10 > RIGHT:
        return svg.text((x - 5, y), label, colour=colour, anchor="end", bold=True)
    return svg.text((x + 5, y), label, colour=colour, bold=True)
