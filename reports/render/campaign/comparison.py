"""The comparison with the baseline, as a table of the page and as lines of text."""

from __future__ import annotations

from harness.campaigns.gate_document import GateDocument
from harness.campaigns.regression import TOLERANCE, Regression
from reports.render.markup import escape


def comparison_table(document: GateDocument) -> str:
    """Empty where the gate has no baseline."""
    if not document.regressions:
        return ""
    names = ("experiment", "objective", "ratio", "at least", "at most", "pairs", "result")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = "".join(map(_row, document.regressions))
    return (
        f"<h2>Against the baseline <small>{escape(_note(document))}</small></h2>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Against the baseline">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def comparison_lines(document: GateDocument) -> list[str]:
    """One line for each objective; none where the gate has no baseline."""
    if not document.regressions:
        return []
    lines = [f"  against the baseline ({_note(document)}):"]
    return [*lines, *(f"    {' '.join(_cells(each))}" for each in document.regressions)]


def _note(document: GateDocument) -> str:
    same = all(each.same_job for each in document.regressions)
    place = "both run in turn" if same else "stored runs: the machine's drift is in the ratio"
    return f"ratio of the burdens, {TOLERANCE:.2f} is tolerated; {place}"


def _row(found: Regression) -> str:
    *cells, result = _cells(found)
    marked = f'<td class="v {"fail" if found.worse else ""}">{escape(result)}</td>'
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}{marked}</tr>"


def _cells(found: Regression) -> tuple[str, ...]:
    figures = (found.ratio, found.low, found.high)
    shown = tuple("-" if each is None else f"{each:.2f}" for each in figures)
    result = "✗ worse" if found.worse else "not shown to be worse"
    if found.ratio is None:
        result = "? no values"
    return (found.experiment, found.name, *shown, str(found.pairs), result)
