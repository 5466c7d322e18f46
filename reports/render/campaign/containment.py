"""Whether requests outside of the faults kept their SLO, as a section of a gate's page."""

from __future__ import annotations

from typing import Final

from harness.campaigns.containment import ContainedLimit
from harness.campaigns.gate_document import GateDocument
from reports.render.format import say, say_limit
from reports.render.markup import escape

_NOTHING: Final = (
    "No SLO of this suite is about a request that the faults must not reach, so it is not known "
    "whether they stayed where they were put. docs/objectives.md says how to write one."
)
_DECIDED: Final = {
    "pass": ("pass", "✓ contained"),
    "fail": ("fail", "✗ not contained"),
    "undecided": ("missing", "? undecided"),
    "missing": ("missing", "? no value"),
}
_SHARE: Final = "ratio"


def containment_section(document: GateDocument) -> str:
    """A table of these limits, or a sentence that there are none."""
    found = document.containment
    title = f"<h2>Containment <small>{found.verdict}</small></h2>"
    if not found.limits:
        return f'{title}<p class="note">{escape(_NOTHING)}</p>'
    names = ("experiment", "request outside of the fault", "at least", "worst repeat", "result")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = "".join(map(_row, found.limits))
    return (
        f'{title}<div class="scroll" tabindex="0" role="region" aria-label="Containment">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(found: ContainedLimit) -> str:
    name, word = _DECIDED[found.decided]
    where = found.experiment if found.arm == "candidate" else f"{found.experiment} {found.arm}"
    cells = (where, found.name, say_limit(found.limit, _SHARE), say(found.worst, _SHARE))
    row = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr>{row}<td class="v {name}">{word}</td></tr>'
