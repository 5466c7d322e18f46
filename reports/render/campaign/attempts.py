"""Every attempt of a campaign as a table with links to its runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from harness.campaigns.gate_document import AttemptLine
from reports.render.campaign.frame import cut
from reports.render.markup import escape

_MOST_ATTEMPTS: Final = 200


def attempts_section(attempts: Sequence[AttemptLine], stored: str) -> str:
    """All attempts of a campaign, counted or not; `stored` is the file that has every one."""
    names = ("attempt", "experiment", "repeat", "seed", "fault later", "result", "why")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = "".join(map(_attempt, attempts[:_MOST_ATTEMPTS]))
    more = len(attempts) - _MOST_ATTEMPTS
    note = f'<p class="note">{more} more attempts are in {stored}.</p>' if more > 0 else ""
    return (
        "<h2>Every attempt <small>validity; no run is left out</small></h2>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Every attempt">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{note}"
    )


def _attempt(line: AttemptLine) -> str:
    asked = line.request
    result = line.verdict or "no run"
    shown = result if line.counted else f"{result}, not counted"
    label = f"attempt {line.number}"
    place = f'<a href="{escape(line.run)}/report.html">{label}</a>' if line.verdict else label
    cells = (
        place,
        escape(asked.experiment if asked.arm == "candidate" else f"{asked.experiment} {asked.arm}"),
        str(asked.repeat + 1),
        str(asked.seed),
        f"{asked.later_s:g} s",
        escape(shown),
        escape(cut(" ".join(why.text for why in line.reasons))),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
