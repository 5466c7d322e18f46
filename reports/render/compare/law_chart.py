"""Capacity by size as a picture: what was measured, and the law within the measured sizes."""

from __future__ import annotations

from typing import Final

from harness.campaigns.compare.document import Series
from reports.render import svg
from reports.render.style import CALM, FAULT, GOOD, QUIET

_WIDE: Final = 300.0
_HIGH: Final = 180.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 14.0, 24.0, 40.0
_STEPS: Final = 24
_TEXT_PX: Final = 12.0


def law_chart(series: Series) -> str:
    """Empty without a law. The line ends at the largest measured size."""
    law = series.law
    if law is None:
        return ""
    sizes = [law.least + (law.most - law.least) * at / _STEPS for at in range(_STEPS + 1)]
    line = [(size, law.capacity(size)) for size in sizes]
    dots = [(point.size, point.capacity) for point in series.points if point.capacity is not None]
    most = max(value for _, value in (*line, *dots))
    scale = _Scale(law.least, law.most, most)
    marks = [svg.line(scale.at(law.least, 0), scale.at(law.most, 0), CALM)]
    marks.append(svg.path([[scale.at(size, value) for size, value in line]], FAULT, width=2))
    for size, value in dots:
        x, y = scale.at(size, value)
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" class="f-{GOOD.name}" ')
        marks[-1] += f'fill="{GOOD.light}"/>'
        marks.append(svg.text((x, y - 9), f"{value:.0f}", size=_TEXT_PX, anchor="middle"))
        below = (x, _HIGH - _BOTTOM + 16)
        marks.append(svg.text(below, str(size), colour=QUIET, size=_TEXT_PX, anchor="middle"))
    label = f"instances of {series.service}; capacity a second"
    marks.append(svg.text((_WIDE - _RIGHT, _HIGH - 6), label, size=_TEXT_PX, anchor="end"))
    told = ", ".join(f"{size}: {value:.0f}" for size, value in dots)
    return svg.picture((_WIDE, _HIGH), f"Law of {series.name} in {series.column}", told, marks)


class _Scale:
    """Sizes to the right, capacity upwards from zero."""

    def __init__(self, least: int, most: int, highest: float) -> None:
        self._least, self._sizes, self._highest = least, max(most - least, 1), highest or 1.0

    def at(self, size: float, value: float) -> svg.Point:
        """Where a size with its capacity is drawn."""
        wide, high = _WIDE - _LEFT - _RIGHT, _HIGH - _TOP - _BOTTOM
        x = _LEFT + wide * (size - self._least) / self._sizes
        return x, _HIGH - _BOTTOM - high * value / self._highest
