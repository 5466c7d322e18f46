"""The page of a campaign: one HTML file without JavaScript and without outside parts."""

from __future__ import annotations

from typing import Final

from harness.campaigns.cell_decision import CellDecision
from harness.campaigns.gate_document import GateDocument
from harness.campaigns.objective_decision import ObjectiveDecision
from harness.campaigns.records import Why
from reports.render.campaign.attempts import attempts_section
from reports.render.campaign.comparison import comparison_table
from reports.render.campaign.containment import containment_section
from reports.render.campaign.dots import dots
from reports.render.campaign.frame import cut, whole
from reports.render.campaign.words import headline, interval
from reports.render.format import say, say_limit
from reports.render.markup import escape

_MARK: Final = {"PASS": "✓", "FAIL": "✗", "INVALID": "?", "INCONCLUSIVE": "?"}
_DECIDED: Final = {
    "pass": "✓ pass",
    "fail": "✗ fail",
    "undecided": "? undecided",
    "missing": "? no value",
}
_CLASS: Final = {"pass": "pass", "fail": "fail", "undecided": "missing", "missing": "missing"}
_MOST_REASONS: Final = 50


def render(document: GateDocument, worst: str = "") -> str:
    """The whole page as text; `worst` is its section on the worst run."""
    title = f"{document.decision}: {document.suite}"
    parts = [_header(document), _key(document)]
    parts += [_experiment(document, place) for place in range(len(document.experiments))]
    parts += [containment_section(document), comparison_table(document), worst]
    parts += [attempts_section(document.attempts, "gate.json"), _method(document)]
    body = "\n".join(part for part in parts if part)
    return whole(title, body)


def _header(document: GateDocument) -> str:
    facts = document.campaign
    brand = f"squall gate · {document.suite} · {facts.started_at}"
    word = f'<b class="{document.decision.lower()}">{_MARK[document.decision]} '
    word += f"{document.decision}</b>"
    reasons = "" if document.decision == "PASS" else _list(document.reasons)
    return (
        f'<header><div class="brand">{escape(brand)}</div>'
        f"<h1>{word} {escape(cut(headline(document)))}</h1>"
        f'<p class="why">{escape(document.question)}</p>{reasons}</header>'
    )


def _list(reasons: tuple[Why, ...]) -> str:
    rows = [f"<li>{escape(cut(why.text))}</li>" for why in reasons[:_MOST_REASONS]]
    more = len(reasons) - _MOST_REASONS
    return f"<ul>{''.join(rows)}{f'<li>and {more} more</li>' if more > 0 else ''}</ul>"


def _key(document: GateDocument) -> str:
    facts, score = document.campaign, document.score
    counted = sum(line.counted for line in document.attempts)
    bounds = "" if score.low is None else f" ({score.low:g} to {score.high:g})"
    figures = [
        (str(counted), f"runs counted, {len(document.attempts)} made"),
        (f"{facts.spent_s:.0f} s", f"spent of {facts.budget_s:g} s"),
        (
            "none" if score.points is None else f"{score.points:g}",
            f"score{bounds}, formula {score.formula}; a trend figure, not the decision"
            + (f"; weakest: {score.weakest}" if score.weakest else ""),
        ),
        (str(facts.seed), f"seed; fault up to {facts.jitter_s:g} s later"),
    ]
    cells = "".join(
        f"<div><b>{escape(a)}</b><span>{escape(cut(b))}</span></div>" for a, b in figures
    )
    return f'<div class="key">{cells}</div>'


def _experiment(document: GateDocument, place: int) -> str:
    cell = document.experiments[place]
    note = f"{cell.verdict.lower()} after {cell.repeats} repeats"
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("objective", "limit", "mean (interval)", "every repeat", "decision")
    )
    rows = "".join(_row(cell, found) for found in cell.objectives)
    return (
        f"<h2>{escape(cell.experiment)} <small>{escape(note)}</small></h2>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(cell.experiment)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(cell: CellDecision, found: ObjectiveDecision) -> str:
    sign = "≤" if found.must == "<=" else "≥"
    seen = f"{say(found.middle, found.unit)}{interval(found)}"
    why = f'<br><span class="note">{escape(found.why)}</span>' if found.why else ""
    return (
        f"<tr><td>{escape(found.name)}{why}</td>"
        f"<td>{sign} {say_limit(found.limit, found.unit)}</td>"
        f'<td class="n">{escape(seen)}</td>'
        f'<td class="dots">{dots(found, cell.experiment)}</td>'
        f'<td class="v {_CLASS[found.decided]}">{_DECIDED[found.decided]}</td></tr>'
    )


def _method(document: GateDocument) -> str:
    facts = document.campaign
    text = (
        f"Each experiment is run {facts.least} to {facts.most} times. The mean of each objective "
        "has a one-sided interval (Student's t on a log scale, 5 % split over the looks). "
        "It passes when the worse end holds the limit, and fails when the better end misses it. "
        "Wrong records and a missing recovery fail without an interval."
    )
    commands = f"{facts.again}\nsquall report {facts.path}"
    return (
        f"<h2>Method, and how to run it again</h2><p>{escape(text)}</p>"
        f'<pre tabindex="0">{escape(commands)}</pre>'
        f'<p class="note">squall {escape(facts.squall_version)}, seed {facts.seed}; '
        "gate.json has every figure with its unit.</p>"
    )
