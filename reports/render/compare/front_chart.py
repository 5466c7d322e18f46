"""The Pareto front as a picture: two figures against each other, with the interval of each arm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from harness.campaigns.compare.differences import Compared, Value
from harness.campaigns.compare.document import CompareDocument
from reports.render import svg
from reports.render.compare.words import number, title, unit_text
from reports.render.style import CALM, GOOD, INK, QUIET, Colour

WIDE: Final = 300.0
HIGH: Final = 230.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 12.0, 24.0, 44.0
_TEXT_PX: Final = 12.0


def front_chart(document: CompareDocument) -> str:
    """Empty where fewer than two figures have values. Each arm has its number."""
    drawn = [one for one in document.figures if any(v.mean is not None for v in one.arms)]
    if len(drawn) < 2 or not document.front:  # noqa: PLR2004  # the two axes
        return ""
    across, up = axes(drawn)
    x = Scale(across, (_LEFT, WIDE - _RIGHT))
    y = Scale(up, (HIGH - _BOTTOM, _TOP))
    marks = [*_frame(across, up, document.currency), *_ends(across, x, along=True)]
    marks += [*_ends(up, y, along=False), *_front_line(document, (across, up), (x, y))]
    for place, row in enumerate(document.arms):
        pair = (across.of(row.facts.name), up.of(row.facts.name))
        marks += _arm(pair, (x, y), place + 1, GOOD if row.on_front else QUIET)
    told = "; ".join(_told(document, place, across, up) for place in range(len(document.arms)))
    return svg.picture((WIDE, HIGH), "Pareto front", told, marks)


def axes(figures: Sequence[Compared]) -> tuple[Compared, Compared]:
    """The first figure, and the cost where there is one, else the second."""
    cost = next((one for one in figures if one.unit == "minor"), figures[1])
    return figures[0], cost


class Scale:
    """From the smallest to the largest value or end of an interval."""

    def __init__(self, figure: Compared, px: tuple[float, float]) -> None:
        ends = [e for v in figure.arms for e in (v.low, v.mean, v.high) if e is not None]
        self.low, self.high = min(ends), max(ends)
        if self.low == self.high:
            self.low, self.high = self.low - 1, self.high + 1
        self._begin, self._end = px

    def px(self, value: float) -> float:
        """Where the value is drawn."""
        share = (value - self.low) / (self.high - self.low)
        inner = 0.06 + 0.88 * share  # the outermost marks stay inside
        return self._begin + inner * (self._end - self._begin)


def _frame(across: Compared, up: Compared, currency: str) -> list[str]:
    corner, right, top = (_LEFT, HIGH - _BOTTOM), (WIDE - _RIGHT, HIGH - _BOTTOM), (_LEFT, _TOP)
    unit_x, unit_y = (unit_text(one, currency).strip() for one in (across, up))
    return [
        svg.line(corner, right, CALM),
        svg.line(corner, top, CALM),
        svg.text(
            (WIDE - _RIGHT, HIGH - 8), f"{title(across)} {unit_x}", size=_TEXT_PX, anchor="end"
        ),
        svg.text((2, 12), f"{title(up)} {unit_y}", size=_TEXT_PX),
    ]


def _ends(figure: Compared, scale: Scale, *, along: bool) -> list[str]:
    """The smallest and the largest value beside the axis."""
    marks = []
    for value in (scale.low, scale.high):
        px, said = scale.px(value), number(value, figure)
        at = (px, HIGH - _BOTTOM + 16) if along else (_LEFT - 4, px + 4)
        anchor = "middle" if along else "end"
        marks.append(svg.text(at, said, colour=QUIET, size=_TEXT_PX, anchor=anchor))  # type: ignore[arg-type]  # one of the two words
    return marks


def _front_line(
    document: CompareDocument, figures: tuple[Compared, Compared], scales: tuple[Scale, Scale]
) -> list[str]:
    """From arm to arm of the front."""
    points = [
        (scales[0].px(one.mean), scales[1].px(other.mean))
        for one, other in ((figures[0].of(arm), figures[1].of(arm)) for arm in document.front)
        if one.mean is not None and other.mean is not None
    ]
    return [svg.line(a, b, GOOD, dash="3 3") for a, b in pairwise(sorted(points))]


def _arm(
    pair: tuple[Value, Value], scales: tuple[Scale, Scale], place: int, colour: Colour
) -> list[str]:
    (one, other), (x, y) = pair, scales
    if one.mean is None or other.mean is None:
        return []
    at = (x.px(one.mean), y.px(other.mean))
    marks = []
    if one.low is not None and one.high is not None:
        marks.append(svg.line((x.px(one.low), at[1]), (x.px(one.high), at[1]), colour, width=2))
    if other.low is not None and other.high is not None:
        marks.append(svg.line((at[0], y.px(other.low)), (at[0], y.px(other.high)), colour, width=2))
    dot = f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="5" class="f-{colour.name}" '
    marks.append(f'{dot}fill="{colour.light}"/>')
    marks.append(svg.text((at[0] + 8, at[1] - 7), str(place), colour=INK, size=_TEXT_PX, bold=True))
    return marks


def _told(document: CompareDocument, place: int, across: Compared, up: Compared) -> str:
    row = document.arms[place]
    said = []
    for one in (across, up):
        value = one.of(row.facts.name)
        shown = "not measured" if value.mean is None else number(value.mean, one)
        said.append(f"{title(one)} {shown}{unit_text(one, document.currency)}")
    front = "on the front" if row.on_front else "not on the front"
    return f"{place + 1} {row.facts.name}: {', '.join(said)}, {front}"
