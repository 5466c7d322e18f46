"""The report: one HTML file that needs nothing beside itself, not even JavaScript."""

from __future__ import annotations

from typing import Final

from reports.measures.metric_table import METRICS
from reports.measures.page_model import Picture
from reports.render import svg
from reports.render.charts import what_happened
from reports.render.format import say, say_limit, say_metric, say_resolution
from reports.render.markup import escape
from reports.render.payment import story_chart
from reports.render.style import CALM, FAILED, FAULT, GOOD, INK, SLOW, sheet
from reports.render.tables import records_table, requests_table, why_it_counts
from reports.render.words import checks_line, explanation, headline, limit_of, value_of
from reports.verdict.scorecard import Document, ObjectiveResult, Scorecard

_MARK: Final = {"PASS": "✓", "FAIL": "✗", "INVALID": "?"}
_VERDICT: Final = {"pass": "✓ pass", "fail": "✗ fail", "missing": "? no verdict"}


def render(scorecard: Scorecard) -> str:
    """The whole page as text. The same scorecard gives the same page."""
    document, picture = scorecard.document, scorecard.picture
    body = [_header(scorecard)]
    if picture is not None:
        body += [_key_figures(document, picture), _clock(picture)]
        body += [_objectives(document, picture), _two(scorecard, picture), _story(picture)]
    body.append(_again(document))
    title = escape(f"{document.verdict}: {document.experiment}")
    view = '<meta name="viewport" content="width=device-width,initial-scale=1">'
    head = f'<meta charset="utf-8">{view}<title>{title}</title><style>{sheet()}</style>'
    inside = "\n".join(part for part in body if part)
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body><main>\n'
        f"{inside}\n</main></body></html>\n"
    )


def _header(scorecard: Scorecard) -> str:
    document = scorecard.document
    brand = f"squall · {document.experiment} · {document.scenario} · {document.run.started_at}"
    colour = document.verdict.lower()
    word = f'<b class="{colour}">{_MARK[document.verdict]} {document.verdict}</b>'
    reasons = ""
    if document.verdict == "FAIL":
        reasons = "".join(f"<li>{escape(reason.text)}</li>" for reason in document.reasons)
        reasons = f"<ul>{reasons}</ul>"
    remarks = "".join(f'<p class="note">{escape(r.text)}</p>' for r in document.remarks)
    return (
        f'<header><div class="brand">{escape(brand)}</div>'
        f"<h1>{word} {escape(headline(scorecard))}</h1>"
        f'<p class="why">{escape(explanation(scorecard))}</p>{reasons}{remarks}</header>'
    )


def _key_figures(document: Document, picture: Picture) -> str:
    recovery, good = document.recovery, picture.good_ratio_fault
    figures = [
        (
            say_metric(picture, "stable_recovery_s", recovery.stable_recovery_s),
            f"to stable recovery{_exact(picture)}{_limit(document, picture, 'stable_recovery_s')}",
        ),
        (
            say_metric(picture, "good_ratio_fault", good),
            f"good during the fault{_limit(document, picture, 'good_ratio_fault')}",
        ),
        (
            say_metric(picture, "lost_s", recovery.lost_s),
            f"lost, as if all was down{_budget(document, picture)}",
        ),
    ]
    acknowledged = f"{picture.outcomes.acknowledged:,}"
    figures.append((acknowledged, f"acknowledged: {checks_line(document)}"))
    cells = "".join(f"<div><b>{escape(a)}</b><span>{escape(b)}</span></div>" for a, b in figures)
    return f'<div class="key">{cells}</div>'


def _budget(document: Document, picture: Picture) -> str:
    used = document.recovery.budget_used_ratio
    if used is None:
        return ""
    target = say_limit(picture.good_target, "ratio")
    return f"; {say(used, 'ratio')} of a month's budget at {target}"


def _exact(picture: Picture) -> str:
    exact = say_resolution(picture, "stable_recovery_s")
    return f" ({exact})" if exact else ""


def _limit(document: Document, picture: Picture, wanted: str) -> str:
    """The limit of the first objective on that metric, if there is one."""
    pairs = zip(document.objectives, picture.metrics, strict=True)
    return next((f", {limit_of(result)}" for result, metric in pairs if metric == wanted), "")


def _clock(picture: Picture) -> str:
    colours = (("good", GOOD), ("slow", SLOW), ("failed", FAILED), ("fault", FAULT))
    keys = "".join(
        f'<span>{svg.opened((12, 12))} aria-hidden="true">'
        f"{svg.rect((0, 0), (12, 12), colour, round_px=3)}</svg>{name}</span>"
        for name, colour in colours
    )
    note = "all of it on one clock"
    return (
        f"<h2>What happened <small>{note}</small></h2>"
        f'<div class="legend">{keys}<span>··· scheduled</span></div>{what_happened(picture)}'
    )


def _objectives(document: Document, picture: Picture) -> str:
    if not document.objectives:
        return ""
    rows = "".join(
        f"<tr><td>{escape(result.name)}</td><td>{_sign(result)} "
        f"{say_limit(result.limit, result.unit)}</td>"
        f'<td class="n" title="{escape(say_resolution(picture, metric))}">'
        f"{escape(value_of(result, metric, picture))}</td>"
        f'<td class="bar">{_bar(result)}</td>'
        f'<td class="v {result.verdict}">{_VERDICT[result.verdict]}</td></tr>'
        for result, metric in zip(document.objectives, picture.metrics, strict=True)
    )
    head = "<tr><th>objective</th><th>limit</th><th>measured</th><th></th><th>verdict</th></tr>"
    note = "the tick is the limit"
    return (
        f"<h2>Objectives <small>{note}</small></h2>"
        f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    )


def _sign(result: ObjectiveResult) -> str:
    return "≤" if result.must == "<=" else "≥"


def _bar(result: ObjectiveResult) -> str:
    """Value and limit on one scale; ratios near 1 on a scale that starts where it can be seen."""
    if result.value is None:
        return ""
    low = 0.0
    if result.unit == "ratio" and result.must == ">=":
        low = max(0.0, min(result.value, result.limit) - (1 - result.limit))
    high = 1.0 if result.unit == "ratio" and low else max(result.value, result.limit, 1e-9) * 1.15
    scale = 216 / max(high - low, 1e-9)
    wide = min(max((result.value - low) * scale, 1), 216)
    tick = min(max((result.limit - low) * scale, 0), 216)
    colour = GOOD if result.verdict == "pass" else FAILED
    marks = svg.rect((0, 6), (216, 8), CALM, round_px=4)
    marks += svg.rect((0, 6), (wide, 8), colour, round_px=4)
    marks += svg.line((tick, 1), (tick, 19), INK, width=2)
    return f'{svg.opened((220, 20))} aria-hidden="true">{marks}</svg>'


def _two(scorecard: Scorecard, picture: Picture) -> str:
    left = records_table(picture, scorecard.checks)
    right = why_it_counts(scorecard.document, picture) + requests_table(scorecard.document)
    return f'<div class="two"><div>{left}</div><div>{right}</div></div>'


def _story(picture: Picture) -> str:
    story = picture.story
    if story is None:
        return ""
    attempts = len(story.steps) + story.left_out
    left_out = f"; {story.left_out} in the middle are left out" if story.left_out else ""
    note = (
        f"{story.intent}, due at {story.due_s:.3f} s: {attempts} attempts{left_out}; {story.ends}"
    )
    head = f"<h2>The intent with the most attempts <small>{escape(note)}</small></h2>"
    return head + story_chart(story)


def _again(document: Document) -> str:
    run = document.run
    commands = f"{run.again}   # the same arrivals to the microsecond\nsquall report {run.path}"
    facts = (
        f"squall {run.squall_version}, Python {run.python}, {run.cores:g} cores, "
        f"started {run.started_at}, seed {document.seed}."
    )
    words = "; ".join(f"{name}: {metric.words}" for name, metric in METRICS.items())
    return (
        f"<h2>Run it again</h2><pre>{escape(commands)}</pre>"
        f"<details><summary>Versions, seed, machine, data</summary><p>{escape(facts)} Every figure "
        f"comes from the files of the run; verdict.json has them with their units.</p>"
        f'<p class="note">{escape(words)}.</p></details>'
    )
