"""The story of one intent: each attempt a bar on the clock of its payer, its answer beside it."""

from __future__ import annotations

from typing import Final

from reports.measures.page_model import Story, StoryStep
from reports.render import svg
from reports.render.clock import step_of
from reports.render.format import say
from reports.render.style import FAILED, GOOD, GRID, INK, QUIET, SLOW

_LEFT: Final = 200.0
_RIGHT: Final = 800.0
_WIDTH: Final = 1100.0
_ROW: Final = 22.0
_COLOURS: Final = {"ok": GOOD, "fail": FAILED, "info": SLOW}
_MEANS: Final = {"ok": "ok", "fail": "refused", "info": "outcome unknown"}


def story_chart(story: Story, name: str) -> str:
    """One row an attempt, seconds since the intent was due. `name` is unique on the page."""
    end_s = max(*(step.end_s for step in story.steps), 0.001) if story.steps else 0.001
    marks: list[str] = []
    bottom = 8 + _ROW * len(story.steps)
    step_s = step_of(end_s, 6)
    for number in range(int(end_s // step_s) + 1):
        x = _x(number * step_s, end_s)
        marks.append(svg.line((x, 4), (x, bottom), GRID))
        tick = f"{number * step_s:g} s"
        marks.append(svg.text((x, bottom + 14), tick, colour=QUIET, anchor="middle"))
    for number, step in enumerate(story.steps):
        marks += _row(number, step, end_s)
    told = f"{len(story.steps) + story.left_out} attempts of one intent; {story.ends}"
    return svg.picture((_WIDTH, bottom + 22), name, told, marks)


def _x(at_s: float, end_s: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * max(at_s, 0.0) / end_s


def _row(number: int, step: StoryStep, end_s: float) -> list[str]:
    y = 8 + _ROW * number
    begin, end = _x(step.begin_s, end_s), _x(step.end_s, end_s)
    took = f"after {say(step.end_s - step.begin_s, 's')}"
    told = f"{step.answer} {took}: {_MEANS[step.outcome]}"
    return [
        svg.text((_LEFT - 12, y + 11), step.request, anchor="end"),
        svg.rect((begin, y), (max(end - begin, 3), 14), _COLOURS[step.outcome], round_px=3),
        svg.text((max(end, begin + 3) + 8, y + 11), told, colour=INK),
    ]
