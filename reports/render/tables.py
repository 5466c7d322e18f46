"""Three tables of the report: the records, the requests, and why the run counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from reports.checks.base import Checked, Violation
from reports.inputs.names import say_some
from reports.measures.page_model import Picture
from reports.measures.recovery import Episode
from reports.render.format import say
from reports.render.markup import escape
from reports.render.words import counts_line, step_line
from reports.verdict.scorecard import Document, Fault

_MOST_NAMES: Final = 20
_MOST_EPISODES: Final = 8


def records_table(picture: Picture, checks: Sequence[Checked]) -> str:
    """The answers of payers, every class of each check, and the names of its findings."""
    told = picture.outcomes
    rows = _row("acknowledged", f"{told.acknowledged:,}")
    rows += _row("refused", f"{told.refused:,}")
    rows += _row("unknown at first", f"{told.unknown_at_first:,}")
    named = ""
    for checked in checks:
        if checked.verdict == "not_checked":
            rows += _row(checked.name, "not checked")
            named += f"<p><b>{escape(checked.name)}</b>: not checked: {escape(checked.why)}</p>"
            continue
        for kind in checked.classes:
            names = checked.names_of(kind)
            rows += _row(kind.label, f"{len(names):,}", "fail" if names else "")
        named += "".join(_named(violation) for violation in checked.violations)
    return f"<h2>The records</h2><table><tbody>{rows}</tbody></table>{named}"


def requests_table(document: Document) -> str:
    """One row a request of the scenario; empty where there is only one."""
    if len(document.steps) < 2:  # noqa: PLR2004  # the intents' own figures say the same
        return ""
    rows = "".join(_fact(step.name, step_line(step)) for step in document.steps)
    return f"<h2>The requests</h2><table><tbody>{rows}</tbody></table>"


def _named(violation: Violation) -> str:
    shown = escape(say_some(violation.names, _MOST_NAMES))
    proof = f"<br><small>{escape(violation.proof)}</small>" if violation.proof else ""
    return f"<p><b>{escape(violation.kind.label)}</b>: {shown}{proof}</p>"


def _row(what: str, value: str, colour: str = "") -> str:
    return f'<tr><td>{escape(what)}</td><td class="n {colour}">{escape(value)}</td></tr>'


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
        rows += _fact(f"{fault.name} {fault.target}", _proof(fault))
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
            "arrivals and no fault could tell the two apart.</p>"
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
    return f'<tr><td class="k">{escape(what)}</td><td class="t">{escape(told)}</td></tr>'


def _proof(fault: Fault) -> str:
    """When it was proven on and gone, and by what."""
    begin_s, end_s = fault.verified_s, fault.verified_undone_s
    on = "never proven" if begin_s is None else f"proven at {begin_s:.3f} s"
    off = "never proven gone" if end_s is None else f"proven gone at {end_s:.3f} s"
    return f"{on}{_by(fault, 'verified')}; {off}{_by(fault, 'verified_undone')}"


def _by(fault: Fault, stage: str) -> str:
    facts = fault.evidence.get(stage, {})
    told = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in facts.items() if k != "fault_id")
    return f" ({told})" if told else ""
