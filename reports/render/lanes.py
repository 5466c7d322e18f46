"""The lanes below the curves: faults, wrong records, breakers, instances, unknown answers."""

from __future__ import annotations

from typing import Final

from reports.measures.page_model import Lane, Picture, Span
from reports.render import svg
from reports.render.clock import LEFT, RIGHT, Clock
from reports.render.format import say
from reports.render.style import CALM, FAILED, FAULT, INK, ON_DARK, SLOW, Colour

LANE_H: Final = 22.0
_BAR_H: Final = 15.0
_TICK_PX: Final = 2.0
_NAME_CHARS: Final = 36
_ALARMS: Final = ("open", "down", "unready", "stopped", "unhealthy")
BREAKER: Final = "breaker "


def rows_of(picture: Picture) -> list[Lane]:
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


def lane(clock: Clock, row: Lane, y: float) -> list[str]:
    """All bars first, then the words: inside their bar, or behind it where there is room."""
    marks = [_name(row.name, y)]
    for span in row.spans:
        at, wide = clock.x(span.begin_s), clock.x(span.end_s) - clock.x(span.begin_s)
        title = f"{_told(row, span)}, from {span.begin_s:.2f} to {span.end_s:.2f} s"
        colour = _colour(row, span)
        marks.append(svg.rect((at, y), (wide, _BAR_H), colour, title=title, round_px=3))
    if row.name.startswith(BREAKER):
        opened = [clock.x(span.begin_s) for span in row.spans if span.state == "open"]
        marks += [svg.triangle((x, y - 1), FAILED) for x in opened]
    return [*marks, *_words(clock, row, y)]


def wrong_lane(clock: Clock, name: str, due_s: tuple[float, ...], y: float) -> list[str]:
    """A tick where each wrong record's intent was due; ticks on one place are one."""
    places = sorted({round(clock.x(at_s) / _TICK_PX) * _TICK_PX for at_s in due_s})
    ticks: list[list[svg.Point]] = [[(x, y), (x, y + _BAR_H)] for x in places]
    label = f"{len(due_s):,} {name}"
    return [_name(label, y), svg.path(ticks, FAILED, width=_TICK_PX)]


def openings(picture: Picture) -> list[float]:
    """When a breaker opened, in seconds, in the order of time."""
    return sorted(
        span.begin_s
        for row in picture.lanes
        if row.name.startswith(BREAKER)
        for span in row.spans
        if span.state == "open"
    )


def _name(name: str, y: float) -> str:
    shown = name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 1]}…"
    return svg.text((LEFT - 10, y + 12), shown, anchor="end")


def _words(clock: Clock, row: Lane, y: float) -> list[str]:
    marks, free = [], LEFT
    for number, span in enumerate(row.spans):
        told = _told(row, span)
        wide = svg.width_px(told)
        at = max(clock.x(span.begin_s) + 6, free)
        ink = INK if _colour(row, span) is CALM else ON_DARK
        if at + wide + 4 > clock.x(span.end_s):
            if span.state == row.usual:
                continue
            group_end, room = _behind(clock, row, number)
            at, ink = max(group_end + 5, free), INK
            if at + wide + 4 > room:
                continue
        marks.append(svg.text((at, y + 11.5), told, colour=ink))
        free = at + wide + 8
    return marks


def _behind(clock: Clock, row: Lane, number: int) -> tuple[float, float]:
    """Where the unusual states around this one end, and where the next one begins."""
    end = clock.x(row.spans[number].end_s)
    for later in row.spans[number + 1 :]:
        if later.state == row.usual:
            continue
        if clock.x(later.begin_s) > end + 1:
            return end, clock.x(later.begin_s)
        end = clock.x(later.end_s)
    return end, RIGHT


def _told(row: Lane, span: Span) -> str:
    if not row.usual or span.state == row.usual:
        return span.state
    return f"{span.state} {say(span.end_s - span.begin_s, 's')}"


def _colour(row: Lane, span: Span) -> Colour:
    if row.name == "fault":
        return FAULT
    if span.state == row.usual:
        return CALM
    return FAILED if span.state in _ALARMS else SLOW
