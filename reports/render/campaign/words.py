"""The decision of a campaign in words, for the terminal's last lines and the page's head."""

from __future__ import annotations

from harness.campaigns.gate_document import GateDocument
from harness.campaigns.objective_decision import ObjectiveDecision
from reports.render.campaign.comparison import comparison_lines
from reports.render.format import say, say_limit

_DECIDED = {"pass": "", "fail": "FAIL", "undecided": "UNDECIDED", "missing": "MISSING"}


def headline(document: GateDocument) -> str:
    """The decision in one sentence."""
    runs = _runs(document)
    if document.decision == "PASS":
        return f"{document.reasons[0].text[:-1]} ({runs})."
    if document.decision == "INCONCLUSIVE":
        needs = "" if document.needs is None else f"; it needs {_count(document.needs, 'more run')}"
        return f"Neither shown to hold nor shown to fail after {runs}{needs}."
    if document.decision == "INVALID":
        return "These runs are not a valid test: they prove nothing, neither good nor bad."
    return document.reasons[0].text


def closing_lines(document: GateDocument, stored: str) -> list[str]:
    """What stays on the screen: plain text, one line each."""
    lines = [f"{document.decision}  {headline(document)}", ""]
    if document.decision != "PASS":
        lines += [f"  why      {why.text}" for why in document.reasons]
        lines.append("")
    for cell in document.experiments:
        name = cell.experiment
        lines.append(f"  {name}: {cell.verdict}, {_count(cell.repeats, 'repeat')}")
        lines += [f"    {objective_line(each)}" for each in cell.objectives]
    lines += comparison_lines(document)
    not_counted = [line for line in document.attempts if not line.counted]
    for line in not_counted:
        said = " ".join(why.text for why in line.reasons)
        verdict = line.verdict or "no run"
        lines.append(f"  attempt {line.number} is not counted: {verdict}: {said}")
    facts = document.campaign
    spent = f"{facts.spent_s:.0f} s of {facts.budget_s:g} s"
    lines += ["", f"  spent    {spent}", f"  stored   {stored}"]
    return [*lines, f"  again    {facts.again}"]


def objective_line(found: ObjectiveDecision) -> str:
    """One objective: its value, the interval, the limit, and every repeat."""
    limit = f"{'limit' if found.must == '<=' else 'target'} {say_limit(found.limit, found.unit)}"
    shown = [say(value, found.unit) for value in found.values]
    return (
        f"{found.name:<32}{say(found.middle, found.unit):>10}{interval(found)}   {limit}"
        f"   repeats {', '.join(shown)}   {_DECIDED[found.decided]}"
    ).rstrip()


def interval(found: ObjectiveDecision) -> str:
    """The bounds that were compared with the limit; empty if there are none."""
    if found.low is None or found.high is None:
        return ""
    return f" ({say(found.low, found.unit)} to {say(found.high, found.unit)})"


def _runs(document: GateDocument) -> str:
    return _count(sum(line.counted for line in document.attempts), "valid run")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
