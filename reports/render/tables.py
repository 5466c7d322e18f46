"""Tables of the report: records, requests, answers that were not ok, and why the run counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reports.checks.base import Checked
from reports.measures.page_model import Picture
from reports.measures.recovery import Episode
from reports.render.format import say
from reports.render.markup import escape, scrolled
from reports.render.proof_words import say_life
from reports.render.words import counts_line, step_line
from reports.verdict.scorecard import Document

_MOST_EPISODES: Final = 8
_MOST_ANSWERS: Final = 12


def records_table(document: Document, picture: Picture, checks: Sequence[Checked]) -> str:
    """The answers of payers, and the outcome of each check; its classes are one click away."""
    told, is_judged = picture.outcomes, document.verdict != "INVALID"
    rows = _row("acknowledged", f"{told.acknowledged:,}")
    rows += _row("refused", f"{told.refused:,}")
    rows += _row("unknown at first", f"{told.unknown_at_first:,}")
    rows += _row("without a record of a start", f"{told.unstarted:,}") if told.unstarted else ""
    unmade, sound = "", []
    for checked in checks:
        if checked.verdict == "not_checked":
            rows += _row(checked.name, "not checked")
            unmade += f"<p><b>{escape(checked.name)}</b>: not checked: {escape(checked.why)}</p>"
            continue
        for found in checked.violations:
            rows += _row(found.kind.label, f"{len(found.names):,}", "fail" if is_judged else "")
        wrong = {found.kind for found in checked.violations}
        sound += [kind.label for kind in checked.classes if kind not in wrong]
    note = "" if is_judged else " <small>not judged</small>"
    sound = sound if is_judged else []  # an INVALID run does not show that nothing is wrong
    rows += _row("other classes of violation, each", "0") if sound else ""
    table = f"<table><tbody>{rows}</tbody></table>"
    return f"<h2>The records{note}</h2>{table}{unmade}{_looked_for(sound)}"


def _looked_for(labels: Sequence[str]) -> str:
    """The classes of which nothing was found."""
    if not labels:
        return ""
    told = escape("; ".join(labels))
    return (
        f"<details><summary>{len(labels)} classes were looked for and not found</summary>"
        f'<p class="note">{told}.</p></details>'
    )


def requests_table(document: Document) -> str:
    """One row a request of the scenario; empty where there is only one."""
    if len(document.steps) < 2:  # noqa: PLR2004  # the intents' own figures say the same
        return ""
    rows = "".join(_fact(step.name, step_line(step)) for step in document.steps)
    table = scrolled(f"<table><tbody>{rows}</tbody></table>", "Requests")
    return f"<h2>The requests</h2>{table}"


def answers_table(picture: Picture) -> str:
    """Attempts that did not end ok, by what came back."""
    found = picture.answers
    total = sum(each.count for each in found)
    attempts = picture.outcomes.attempts
    title = "<h2>Attempts that were not ok</h2>"
    if not found:
        return f"{title}<p>All {attempts:,} attempts were ok.</p>"
    rows = "".join(
        f'<tr><td class="n">{each.count:,}</td><td>{escape(each.request)}</td>'
        f"<td>{escape(each.answer)}</td><td>{_MEANS[each.outcome]}</td>"
        f"<td>{each.first_s:.1f} to {each.last_s:.1f} s</td></tr>"
        for each in found[:_MOST_ANSWERS]
    )
    left = sum(each.count for each in found[_MOST_ANSWERS:])
    kinds = len(found) - _MOST_ANSWERS
    rows += (
        f'<tr><td class="n">{left:,}</td><td colspan="4">of {kinds} more kinds</td></tr>'
        if left
        else ""
    )
    names = ("attempts", "request", "answer", "means", "when they ended")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f"{title}<p>{total:,} of {attempts:,}.</p>{scrolled(table, 'Attempts that were not ok')}"


_MEANS: Final = {"fail": "refused", "info": "outcome unknown"}


def _row(what: str, value: str, colour: str = "") -> str:
    cell = f'<td class="n {colour}">' if colour else '<td class="n">'
    return f'<tr><th scope="row">{escape(what)}</th>{cell}{escape(value)}</td></tr>'


def why_it_counts(document: Document, picture: Picture) -> str:
    """Load, baseline and proof of each fault: the conditions of the verdict."""
    title = (
        "Why this run does not count" if document.verdict == "INVALID" else "Why this run counts"
    )
    rows = _fact("load", counts_line(document))
    before = picture.baseline
    if before is not None:
        told = f"{say(before.good_ratio, 'ratio')} of {before.arrivals:,} intents good"
        rows += _fact("before the fault", told)
    for fault in document.faults:
        rows += _fact(f"{fault.name.replace('_', ' ')} {fault.target}", " ".join(say_life(fault)))
    rows += _fact("hold", f"{picture.hold_s:g} s of good traffic end a recovery")
    if picture.recovery:
        rows += _degraded("episode", picture.recovery.episodes)
        rows += _degraded("short dip", picture.recovery.micro_dips)
    if picture.defect:
        rows += _fact("seeded defect", picture.defect)
    note = ""
    if picture.confounded:
        note = (
            '<p class="note">The fault fell into a traffic spike; only a run with the same '
            "arrivals and no fault could tell the two apart: squall run --no-fault.</p>"
        )
    return f"<h2>{title}</h2><table><tbody>{rows}</tbody></table>{note}"


def _degraded(what: str, found: Sequence[Episode]) -> str:
    """One row each: when, how many payments were bad, and the worst second."""
    rows = ""
    for each in found[:_MOST_EPISODES]:
        end = "the end of the load" if each.end_s is None else f"{each.end_s:.2f} s"
        bad = f"{each.bad:,} of {each.arrivals:,} intents bad"
        worst = f"{say(each.worst_bad_ratio, 'ratio')} in the worst second"
        rows += _fact(what, f"from {each.begin_s:.2f} s to {end}: {bad}, {worst}")
    more = len(found) - _MOST_EPISODES
    return rows + (_fact(what, f"{more:,} more, in verdict.json") if more > 0 else "")


def _fact(what: str, told: str) -> str:
    return (
        f'<tr><th scope="row" class="k">{escape(what)}</th><td class="t">{escape(told)}</td></tr>'
    )
