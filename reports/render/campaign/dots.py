"""Every repeat of an objective as a dot on one line with its limit and its interval."""

from __future__ import annotations

from typing import Final

from harness.campaigns.objective_decision import ObjectiveDecision
from reports.render import svg
from reports.render.format import say, say_limit
from reports.render.markup import escape
from reports.render.style import CALM, FAILED, GOOD, INK, Colour

_WIDE: Final = 240.0
_HIGH: Final = 24.0
_EDGE: Final = 8.0
_MOST_DOTS: Final = 100


def dots(found: ObjectiveDecision, experiment: str) -> str:
    """The picture; each dot is a repeat, filled by whether that repeat alone holds the limit."""
    values = [value for value in found.values if value is not None][:_MOST_DOTS]
    ends = [each for each in (found.low, found.high) if each is not None]
    scale = _Scale([*values, *ends, found.limit])
    marks = [svg.line((_EDGE, 12), (_WIDE - _EDGE, 12), CALM, width=1)]
    if len(ends) == 2:  # noqa: PLR2004  # both bounds
        left, right = sorted(map(scale.x, ends))
        marks.append(svg.rect((left, 8), (right - left, 8), CALM, round_px=4))
    limit_px = scale.x(found.limit)
    marks.append(svg.line((limit_px, 2), (limit_px, 22), INK, width=2))
    marks += [_dot(scale.x(value), _colour(found, value)) for value in values]
    shown = ", ".join(say(value, found.unit) for value in found.values)
    told = (
        f"{experiment}, {found.name}: repeats {shown}; limit {say_limit(found.limit, found.unit)}"
    )
    opened = f'{svg.opened((_WIDE, _HIGH))} role="img" aria-label="{escape(told)}">'
    return f"{opened}{''.join(marks)}</svg>"


class _Scale:
    """From the smallest to the largest figure that is drawn."""

    def __init__(self, figures: list[float]) -> None:
        low, high = min(figures), max(figures)
        if high == low:
            low, high = low - 1, high + 1
        self._low, self._px = low, (_WIDE - 2 * _EDGE) / (high - low)

    def x(self, value: float) -> float:
        """Where the value is drawn."""
        return _EDGE + (value - self._low) * self._px


def _colour(found: ObjectiveDecision, value: float) -> Colour:
    holds = value <= found.limit if found.must == "<=" else value >= found.limit
    return GOOD if holds else FAILED


def _dot(x_px: float, colour: Colour) -> str:
    return f'<circle cx="{x_px:.1f}" cy="12" r="4" class="f-{colour.name}" fill="{colour.light}"/>'
