"""Marks of an SVG picture; each carries its light colour, so it is readable without a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from reports.render.markup import escape
from reports.render.style import INK, Colour

Point = tuple[float, float]
CHAR_PX: Final = 0.56


def width_px(text: str, size: float = 11) -> float:
    """About how wide a text is drawn; rather too wide than too narrow."""
    return len(text) * size * CHAR_PX


def text(
    at: Point,
    what: str,
    *,
    colour: Colour = INK,
    size: float = 11,
    anchor: Literal["start", "middle", "end"] = "start",
    bold: bool = False,
) -> str:
    """One line of text on its base line."""
    weight = ' font-weight="600"' if bold else ""
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    where = f'x="{at[0]:.1f}" y="{at[1]:.1f}" font-size="{size:g}"'
    return f"<text {where}{place}{weight} {_fill(colour)}>{escape(what)}</text>"


def rect(at: Point, size: Point, colour: Colour, *, title: str = "", round_px: float = 0) -> str:
    """A filled box; `title` is shown on hovering and read aloud."""
    corner = f' rx="{round_px:g}"' if round_px else ""
    box = f'x="{at[0]:.1f}" y="{at[1]:.1f}" width="{max(size[0], 0.8):.1f}" height="{size[1]:.1f}"'
    inside = f"><title>{escape(title)}</title></rect>" if title else "/>"
    return f"<rect {box}{corner} {_fill(colour)}{inside}"


def triangle(tip: Point, colour: Colour) -> str:
    """A small mark that points down at a place."""
    x, y = tip
    return f'<path d="M{x - 5:.1f} {y - 5:.1f}h10L{x:.1f} {y + 4:.1f}Z" {_fill(colour)}/>'


def line(begin: Point, end: Point, colour: Colour, *, dash: str = "", width: float = 1) -> str:
    """A straight stroke."""
    ends = f'x1="{begin[0]:.1f}" y1="{begin[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
    return f"<line {ends} {_stroke(colour, dash, width)}/>"


def path(
    parts: Sequence[Sequence[Point]], colour: Colour, *, dash: str = "", width: float = 1.4
) -> str:
    """A broken line: one stroke for each part."""
    drawn = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in part) for part in parts if part)
    return f'<path d="{drawn}" fill="none" {_stroke(colour, dash, width)}/>'


def area(top: Sequence[Point], bottom: Sequence[Point], colour: Colour) -> str:
    """The surface between two lines."""
    corners = [*top, *reversed(bottom)]
    drawn = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"
    return f'<path d="{drawn}" {_fill(colour)}/>'


def picture(size: tuple[float, float], title: str, description: str, marks: Sequence[str]) -> str:
    """A whole picture with its name and its description for those who do not see it."""
    name = "".join(c for c in title.lower() if c.isalnum())
    head = f'{opened(size)} role="img" aria-labelledby="{name}-t {name}-d">'
    told = f'<title id="{name}-t">{escape(title)}</title>'
    told += f'<desc id="{name}-d">{escape(description)}</desc>'
    return f"{head}{told}{''.join(marks)}</svg>"


def opened(size: Point) -> str:
    """The beginning of an <svg> tag: its size is stated twice, so no style sheet is needed."""
    wide, high = f"{size[0]:g}", f"{size[1]:g}"
    return f'<svg viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'


def _fill(colour: Colour) -> str:
    return f'class="f-{colour.name}" fill="{colour.light}"'


def _stroke(colour: Colour, dash: str, width: float) -> str:
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'class="s-{colour.name}" stroke="{colour.light}" stroke-width="{width:g}"{dashes}'
