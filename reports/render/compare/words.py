"""A comparison as plain lines: the table of the terminal."""

from __future__ import annotations

from typing import Final

from harness.campaigns.compare.differences import Compared, Value
from harness.campaigns.compare.document import ArmRow, CompareDocument, Series
from harness.campaigns.compare.saturation import Saturated
from harness.campaigns.compare.scaling_law import Bounded

_TEN: Final = 1000  # of the currency, in minor units
WORDS: Final = {
    "capacity_per_s": "capacity",
    "cost_minor_per_million": "cost per million",
    "price_minor_a_month": "a month",
    "lost_s": "lost seconds",
    "latency_ms_p99": "p99",
    "attempts_per_intent": "attempts per intent",
}


def closing_lines(document: CompareDocument, stored: str) -> list[str]:
    """What stays on the screen."""
    lines = [f"{document.decision}  {headline(document)}", ""]
    if document.decision != "PASS":
        lines += [f"  why  {why.text}" for why in document.reasons]
        lines.append("")
    lines += [*table(document), "", *(f"  {line}" for line in limits(document))]
    lines += [f"  {series_line(each)}" for each in document.series]
    lines += ["", f"  report  {stored}", f"  again   {document.campaign.again}"]
    return lines


def headline(document: CompareDocument) -> str:
    """What the comparison comes to; it names no winner."""
    if document.decision == "FAIL":
        return document.reasons[0].text
    if document.decision == "INVALID":
        return "These runs are not a valid comparison: they prove nothing."
    front = ", ".join(document.front)
    if document.decision == "INCONCLUSIVE":
        return f"Not decided: {document.reasons[0].text}"
    return f"{document.reasons[0].text} On the Pareto front: {front}."


def table(document: CompareDocument) -> list[str]:
    """A line for each arm, a column for each figure."""
    head = ["  ", "arm", *(title(one) for one in document.figures), "at its limit"]
    rows = [_cells(row, document) for row in document.arms]
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    return [_line(row, widths) for row in (head, *rows)]


def title(figure: Compared) -> str:
    """The column and what is compared in it."""
    word = WORDS.get(figure.metric, figure.metric)
    return word if figure.column == word else f"{figure.column}: {word}"


def limits(document: CompareDocument) -> list[str]:
    """How far values must lie apart, and what the mark means."""
    front = "* on the Pareto front: no other arm is better in something and worse in nothing"
    lines = [front] if document.front else []
    for one in document.figures:
        if one.least_ratio is not None:
            least = f"{(one.least_ratio - 1) * 100:.0f} %"
            lines.append(f"{title(one)}: arms differ where they lie {least} or more apart")
    return lines


def value_text(value: Value, figure: Compared, currency: str) -> str:
    """The mean with its interval, in the unit of the figure."""
    if value.mean is None:
        return "none carried" if figure.unit == "minor" else "not measured"
    sign = "" if not value.is_bound else ">= " if figure.bound == "lowest" else "<= "
    unit = unit_text(figure, currency)
    bounds = ""
    if value.low is not None and value.high is not None:
        bounds = f" ({number(value.low, figure)} to {number(value.high, figure)})"
    return f"{sign}{number(value.mean, figure)}{bounds}{unit}"


def number(value: float, figure: Compared) -> str:
    """As many digits as help."""
    if figure.unit == "minor":
        return f"{value / 100:,.2f}" if value >= _TEN else f"{value / 100:.4f}"
    return f"{value:,.0f}" if figure.unit in ("per_s", "ms") else f"{value:.2f}"


def unit_text(figure: Compared, currency: str) -> str:
    """The unit behind a number."""
    units = {"minor": f" {currency}", "per_s": "/s", "ms": " ms", "s": " s"}
    return units.get(figure.unit, "")


def at_limit_text(row: ArmRow) -> str:
    """The resource that saturates, of each column."""
    said = {each.column: each.resources[0] for each in row.at_limit}
    return "; ".join(f"{name}: {one.resource or _nothing(one)}" for name, one in said.items())


def _nothing(one: Saturated) -> str:
    """Why no resource is named, in few words."""
    return "not measured" if one.share is None else f"none, machine {one.share:.0%} busy"


def series_line(series: Series) -> str:
    """The law of scaling in one line."""
    name = f"law of scaling, {series.name} ({series.column}):"
    law = series.law
    if law is None:
        return f"{name} not fitted: {series.why}"
    parts = [
        f"one {series.service} {_bounded(law.one, '.0f')}/s",
        f"contention {_bounded(law.contention, '.3f')}",
        f"coherence {_bounded(law.coherence, '.4f')}",
    ]
    best = f"; most at {law.best:g}" if law.best is not None else ""
    note = f"; {series.why}" if series.why else ""
    beyond = f"nothing is said beyond {law.most}"
    return f"{name} {', '.join(parts)}{best}; {beyond}{note}"


def _bounded(value: Bounded, form: str) -> str:
    if value.low is None or value.high is None:
        return f"{value.value:{form}}"
    return f"{value.value:{form}} ({value.low:{form}} to {value.high:{form}})"


def _cells(row: ArmRow, document: CompareDocument) -> list[str]:
    name = row.facts.name
    values = [value_text(one.of(name), one, document.currency) for one in document.figures]
    return ["* " if row.on_front else "  ", name, *values, at_limit_text(row)]


def _line(cells: list[str], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
