"""The page of a comparison: one HTML file without JavaScript and without outside parts."""

from __future__ import annotations

from typing import Final

from harness.campaigns.compare.document import ArmRow, AtLimit, CompareDocument, Series
from reports.render.campaign.attempts import attempts_section
from reports.render.campaign.frame import cut, whole
from reports.render.compare.front_chart import front_chart
from reports.render.compare.law_chart import law_chart
from reports.render.compare.words import (
    headline,
    limits,
    number,
    series_line,
    title,
    unit_text,
    value_text,
)
from reports.render.markup import commands, escape, scrolled

_MARK: Final = {"PASS": "✓", "FAIL": "✗", "INVALID": "?", "INCONCLUSIVE": "?"}
_MOST_REASONS: Final = 50
_METHOD: Final = (
    "Each column is run with every arm in turn, forwards and backwards, with the same arrivals in "
    "the same repeat. A ramp is cut into stretches of time; the knee is the highest rate before "
    "the 99th percentile, counted from the intended start, or the attempts per intent miss their "
    "limit for good. Intervals are of the mean on a log scale (Student's t); the spread of chance "
    "is pooled over the arms. Two arms differ where their intervals do not overlap; for equal arms "
    "the chance that anything is called different is below 5 %."
)


def render(document: CompareDocument) -> str:
    """The whole page as text."""
    parts = [
        _header(document),
        _front(document),
        _arms(document),
        *(_series(each) for each in document.series),
        _saturation(document),
        _facts(document),
        _details(document),
        attempts_section(document.attempts, "compare.json"),
        _method(document),
    ]
    body = "\n".join(part for part in parts if part)
    return whole(f"{document.decision}: {document.matrix}", body)


def _header(document: CompareDocument) -> str:
    brand = f"squall compare · {document.matrix} · {document.campaign.started_at}"
    word = f'<b class="{document.decision.lower()}">{_MARK[document.decision]} '
    word += f"{document.decision}</b>"
    rows = [f"<li>{escape(cut(why.text))}</li>" for why in document.reasons[:_MOST_REASONS]]
    reasons = "" if document.decision == "PASS" else f"<ul>{''.join(rows)}</ul>"
    return (
        f'<header><div class="brand">{escape(brand)}</div>'
        f"<h1>{word} {escape(cut(headline(document)))}</h1>"
        f'<p class="why">{escape(document.question)}</p>{reasons}</header>'
    )


def _front(document: CompareDocument) -> str:
    chart = front_chart(document)
    if not chart:
        return ""
    note = "the numbers are those of the table; the bars are the intervals"
    return f'<h2>The Pareto front <small>{note}</small></h2><div class="small">{chart}</div>'


def _arms(document: CompareDocument) -> str:
    names = ("", "arm", *(title(one) for one in document.figures), "on the front")
    rows = [_arm(document, place) for place in range(len(document.arms))]
    notes = "".join(f'<p class="note">{escape(line)}</p>' for line in limits(document))
    return f"<h2>The arms</h2>{_table('The arms', names, rows)}{notes}"


def _arm(document: CompareDocument, place: int) -> list[str]:
    row = document.arms[place]
    name = row.facts.name
    values = [value_text(one.of(name), one, document.currency) for one in document.figures]
    better = [
        f"{title(one)}: better than {', '.join(one.of(name).better_than)}"
        for one in document.figures
        if one.of(name).better_than
    ]
    front = "yes" if row.on_front else f"no: {', '.join(row.dominated_by) or 'not decided'}"
    return [str(place + 1), name, *values, "; ".join((front, *better))]


def _series(series: Series) -> str:
    chart = law_chart(series)
    drawn = f'<div class="small">{chart}</div>' if chart else ""
    name = escape(f"{series.name}, {series.column}")
    return (
        f"<h2>Law of scaling <small>{name}</small></h2>{drawn}<p>{escape(series_line(series))}</p>"
    )


def _saturation(document: CompareDocument) -> str:
    rows = [_limit(row, each) for row in document.arms for each in row.at_limit]
    names = ("arm", "column", "what is at its limit", "how the knee showed")
    return f"<h2>What saturates</h2>{_table('What saturates', names, rows)}"


def _limit(row: ArmRow, each: AtLimit) -> list[str]:
    said = "; ".join(one.text for one in each.resources)
    return [row.facts.name, each.column, said, "; ".join(each.why)]


def _facts(document: CompareDocument) -> str:
    rows = []
    for row in document.arms:
        facts = row.facts
        replicas = ", ".join(f"{count} {name}" for name, count in facts.replicas.items())
        used = "; ".join(f"{u.sum} = {u.used} of {u.limit}" for u in facts.connections)
        price = "" if facts.month_minor is None else f"{facts.month_minor / 100:,.2f}"
        rows.append([facts.name, replicas, used, f"{price} {document.currency}".strip()])
    names = ("arm", "instances", "connections", "price a month")
    return f"<h2>What the arms are</h2>{_table('What the arms are', names, rows)}"


def _details(document: CompareDocument) -> str:
    """Means without intervals: nothing is compared by them."""
    if not document.details:
        return ""
    names = ("arm", *(title(one) for one in document.details))
    rows = []
    for row in document.arms:
        values = [(one.of(row.facts.name).mean, one) for one in document.details]
        shown = ["not measured" if v is None else number(v, one) for v, one in values]
        units = [unit_text(one, document.currency) if v is not None else "" for v, one in values]
        cells = [f"{said}{unit}" for said, unit in zip(shown, units, strict=True)]
        rows.append([row.facts.name, *cells])
    note = "means without intervals; nothing is compared by them"
    return f"<h2>Details <small>{note}</small></h2>{_table('Details', names, rows)}"


def _method(document: CompareDocument) -> str:
    facts = document.campaign
    count = f"{facts.repeats} repeats, seed {facts.seed}, {facts.spent_s:.0f} s"
    return (
        f"<h2>Method, and how to run it again</h2><p>{escape(_METHOD)}</p>"
        f"{commands(facts.again, f'squall report {facts.path}')}"
        f'<p class="note">squall {escape(facts.squall_version)}; {count}; '
        "compare.json has every figure with its unit.</p>"
    )


def _table(label: str, names: tuple[str, ...], rows: list[list[str]]) -> str:
    head = "".join(
        f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in names
    )
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cut(cell))}</td>' for cell in row)}</tr>" for row in rows
    )
    return scrolled(
        f'<table class="cells"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>', label
    )
