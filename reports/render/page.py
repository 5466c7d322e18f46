"""The report: one HTML file that needs nothing beside itself, not even JavaScript."""

from __future__ import annotations

from typing import Final

from reports.measures.metric_table import METRICS
from reports.measures.page_model import Picture
from reports.render import svg
from reports.render.charts import what_happened
from reports.render.events import events_table
from reports.render.figures import key_figures, objectives_table, recovery_table
from reports.render.format import count
from reports.render.markup import commands, escape, scrolled
from reports.render.next_steps import next_steps
from reports.render.payment import story_chart
from reports.render.style import FAILED, FAULT, GOOD, SLOW, sheet
from reports.render.tables import answers_table, records_table, requests_table, why_it_counts
from reports.render.words import explanation, headline
from reports.render.wrong import wrong_records
from reports.verdict.scorecard import Document, Scorecard

_MARK: Final = {"PASS": "✓", "FAIL": "✗", "INCONCLUSIVE": "~", "INVALID": "?"}


def render(scorecard: Scorecard) -> str:
    """The whole page as text. The same scorecard gives the same page."""
    document, picture = scorecard.document, scorecard.picture
    body = [_header(scorecard)]
    if picture is not None:
        body += [key_figures(document, picture), _clock(picture)]
        body += [wrong_records(document, picture), recovery_table(document, picture)]
        body += [objectives_table(document, picture), events_table(picture)]
        body += [answers_table(picture), requests_table(document)]
        body += [_two(scorecard, picture), _hardest(picture)]
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
    began = document.run.started_at[:19].replace("T", " ")
    brand = f"squall · {document.experiment} · {document.scenario} · {began} UTC"
    colour = document.verdict.lower()
    word = f'<b class="{colour}">{_MARK[document.verdict]} {document.verdict}</b>'
    lists = ""
    if document.verdict in ("FAIL", "INCONCLUSIVE"):
        lists = _list([reason.text for reason in document.reasons])
    if document.verdict == "INVALID":
        steps = next_steps(document.reasons)
        lists = f'<p class="do"><b>What to do</b></p>{_list(steps)}'
    remarks = "".join(f'<p class="note">{escape(r.text)}</p>' for r in document.remarks)
    return (
        f'<header class="{colour}-edge"><div class="brand">{escape(brand)}</div>'
        f"<h1>{word} {escape(headline(scorecard))}</h1>"
        f'<p class="why">{escape(explanation(scorecard))}</p>{lists}{remarks}</header>'
    )


def _list(texts: list[str] | tuple[str, ...]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def _clock(picture: Picture) -> str:
    colours = (("good", GOOD), ("slow", SLOW), ("failed", FAILED), ("fault", FAULT))
    keys = "".join(
        f'<span>{svg.opened((12, 12))} aria-hidden="true">'
        f"{svg.rect((0, 0), (12, 12), colour, round_px=3)}</svg>{name}</span>"
        for name, colour in colours
    )
    note = "all of it on one clock"
    keys += "<span>··· scheduled</span><span>▼ a breaker opens</span>"
    chart = scrolled(what_happened(picture), "Chart of the run; the list of events has the same")
    return f'<h2>What happened <small>{note}</small></h2><div class="legend">{keys}</div>{chart}'


def _two(scorecard: Scorecard, picture: Picture) -> str:
    document = scorecard.document
    left = records_table(document, picture, scorecard.checks)
    right = why_it_counts(document, picture)
    return f'<div class="two"><div>{left}</div><div>{right}</div></div>'


def _hardest(picture: Picture) -> str:
    story = picture.story
    if story is None:
        return ""
    attempts = len(story.steps) + story.left_out
    left_out = f"; {story.left_out} in the middle are left out" if story.left_out else ""
    told = count(attempts, "attempt", "attempts")
    note = f"{story.intent}, due at {story.due_s:.3f} s: {told}{left_out}; {story.ends}"
    head = f"<h2>The intent with the most attempts <small>{escape(note)}</small></h2>"
    return head + scrolled(story_chart(story, "One intent"), "Attempts of one intent")


def _again(document: Document) -> str:
    run = document.run
    facts = (
        f"squall {run.squall_version}, Python {run.python}, {run.cores:g} cores, "
        f"started {run.started_at}, seed {document.seed}."
    )
    words = "; ".join(f"{name}: {metric.words}" for name, metric in METRICS.items())
    again = f"{run.again}   # the same arrivals to the microsecond"
    return (
        f"<h2>Run it again</h2>{commands(again, f'squall report {run.path}')}"
        f"<details><summary>Versions, seed, machine, data</summary><p>{escape(facts)} Every figure "
        f"comes from the files of the run; verdict.json has them with their units.</p>"
        f'<p class="note">{escape(words)}.</p></details>'
    )
