"""The worst run of a campaign on its page: what happened, and a wrong payment step by step."""

from __future__ import annotations

from typing import Final

from harness.campaigns.gate_document import AttemptLine, GateDocument
from reports.measures.page_model import Picture
from reports.render.charts import what_happened
from reports.render.markup import escape, scrolled
from reports.render.payment import story_chart
from reports.render.words import headline
from reports.render.wrong import wrong_records
from reports.verdict.scorecard import Scorecard

# A run that proves something is worse than one that proves nothing.
_RANK: Final = {"FAIL": 0, "INCONCLUSIVE": 1, "PASS": 2, "INVALID": 3}
_MOST_BYTES: Final = 90_000


def worst_attempt(document: GateDocument) -> AttemptLine | None:
    """Wrong records first, then the gravest verdict, then the lowest score; None without a run."""
    judged = [line for line in document.attempts if line.verdict is not None]
    return min(judged, key=_badness, default=None)


def worst_section(line: AttemptLine, scorecard: Scorecard) -> str:
    """Empty where the run cannot be drawn, or where it would make the page too long."""
    picture = scorecard.picture
    if picture is None:
        return ""
    note = f"attempt {line.number}, {line.request.experiment}; its report has the rest"
    clock = scrolled(what_happened(picture), "Chart of the worst run")
    parts = [
        f"<h2>The worst run <small>{escape(note)}</small></h2>",
        f"<p>{escape(f'{scorecard.verdict}: {headline(scorecard)}')}</p>",
        clock,
        wrong_records(scorecard.document, picture) or _hardest(picture),
    ]
    made = "".join(parts)
    return made if len(made.encode()) <= _MOST_BYTES else "".join(parts[:2])


def _badness(line: AttemptLine) -> tuple[int, int, float, int]:
    rank = _RANK[line.verdict or "INVALID"]
    points = 100.0 if line.points is None else line.points
    return (rank, 0 if points == 0 else 1, points, line.number)


def _hardest(picture: Picture) -> str:
    """The intent with the most attempts; empty where every intent had one."""
    story = picture.story
    if story is None:
        return ""
    note = f"{story.intent}: {len(story.steps) + story.left_out} attempts; {story.ends}"
    chart = scrolled(story_chart(story, "One intent"), "Attempts of one intent")
    return f"<h3>The intent with the most attempts <small>{escape(note)}</small></h3>{chart}"
