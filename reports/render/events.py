"""The list of events: works on paper, on a phone and with a keyboard, where hovering does not."""

from __future__ import annotations

from reports.measures.page_model import Happening, Picture
from reports.render.clock import wall_clock
from reports.render.lanes import openings
from reports.render.markup import escape, scrolled


def events_table(picture: Picture) -> str:
    """One row an event, in the order of time."""
    if not picture.happenings:
        return ""
    clock = bool(picture.zero_wall_ns)
    rows = "".join(_row(each, picture.zero_wall_ns) for each in picture.happenings)
    time = '<th scope="col">time, UTC</th>' if clock else ""
    head = f'<tr><th scope="col">second</th>{time}<th scope="col">event</th></tr>'
    table = f'<table class="events"><thead>{head}</thead><tbody>{rows}</tbody></table>'
    note = escape(say_breakers(picture))
    return f"<h2>Events</h2><p>{note}</p>{scrolled(table, 'Events')}"


def say_breakers(picture: Picture) -> str:
    """When breakers opened; that none did is only said of a system that reports its breakers."""
    opened = openings(picture)
    if opened:
        first = f"first at {opened[0]:.2f} s, last at {opened[-1]:.2f} s"
        if len(opened) == 1:
            return f"A circuit breaker opened once, at {opened[0]:.2f} s."
        return f"Circuit breakers opened {len(opened)} times, {first}."
    if picture.observes_breakers:
        return "No circuit breaker opened."
    return "This system does not report its circuit breakers."


def _row(each: Happening, zero_wall_ns: int) -> str:
    at = f"{each.at_s:.2f}"
    clock = f"<td>{wall_clock(zero_wall_ns, each.at_s)}</td>" if zero_wall_ns else ""
    told = escape(each.what)
    if each.times > 1:
        told += f", {each.times} times until {each.until_s:.2f} s"
    if each.detail:
        told += f" <small>{escape(each.detail)}</small>"
    return f'<tr class="e-{each.kind}"><td class="n">{at}</td>{clock}<td>{told}</td></tr>'
