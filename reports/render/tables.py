"""Two tables of the report: every cent, and why the run counts."""

from __future__ import annotations

from html import escape
from typing import Final

from reports.picture import Picture
from reports.plain import count, say
from reports.render.words import counts_line
from reports.scorecard import Document, Fault

_MOST_NAMES: Final = 20


def every_cent(picture: Picture) -> str:
    """What was counted, each class of wrong money, and the names of what is wrong."""
    found = picture.integrity
    if found is None:
        return "<h2>Every cent</h2><p>Not checked: the ledger's entries are missing.</p>"
    books = found.books
    rows: list[tuple[str, tuple[str, ...]]] = [
        ("acknowledged but lost", found.lost),
        ("charged or booked twice", found.doubled),
        ("refused but booked", found.ghost),
        ("unknown and never resolved", found.stuck),
        ("different answers for one key", found.answers_differ),
        ("booked with differing amounts", found.amounts_differ),
        ("sums that are not zero", books.unbalanced),
        ("balances unlike their entries", books.wrong_balances),
        ("gaps in an account's sequence", books.gaps),
        ("breaks in an account's hash chain", books.broken_chains),
    ]
    first = _row("acknowledged", f"{found.acknowledged:,}")
    first += _row("refused", f"{found.refused:,}")
    first += _row("unknown at first", f"{found.unknown_at_first:,}")
    table = first + "".join(
        _row(what, f"{len(names):,}", "fail" if names else "") for what, names in rows
    )
    named = "".join(_named(what, names) for what, names in rows if names)
    return f"<h2>Every cent</h2><table><tbody>{table}</tbody></table>{named}"


def _named(what: str, names: tuple[str, ...]) -> str:
    more = len(names) - _MOST_NAMES
    rest = f" and {more:,} more, in verdict.json" if more > 0 else ""
    return f"<p><b>{escape(what)}</b>: {escape(', '.join(names[:_MOST_NAMES]) + rest)}</p>"


def _row(what: str, value: str, colour: str = "") -> str:
    return f'<tr><td>{escape(what)}</td><td class="n {colour}">{escape(value)}</td></tr>'


def why_it_counts(document: Document, picture: Picture) -> str:
    """Load, baseline, proof of each fault: the conditions under which the verdict stands."""
    title = (
        "Why this run does not count" if document.verdict == "INVALID" else "Why this run counts"
    )
    rows = _fact("load", counts_line(document))
    before = picture.baseline
    if before is not None:
        told = f"{say(before.good_ratio, 'ratio')} of {before.arrivals:,} payments good"
        rows += _fact("before the fault", told)
    for fault in document.faults:
        rows += _fact(f"{fault.name} {fault.target}", _proof(fault))
    rows += _fact("hold", f"{picture.hold_s:g} s of good traffic end a recovery")
    if picture.recovery and picture.recovery.micro_dips:
        dips = count(len(picture.recovery.micro_dips), "dip", "dips")
        rows += _fact("left out", f"{dips} shorter than 0.5 s")
    if picture.defect:
        rows += _fact("seeded defect", picture.defect)
    note = ""
    if picture.confounded:
        note = (
            '<p class="note">The fault fell into a traffic spike; only a run with the same '
            "arrivals and no fault could tell the two apart.</p>"
        )
    return f"<h2>{title}</h2><table><tbody>{rows}</tbody></table>{note}"


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
