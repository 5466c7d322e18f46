"""The spread of identical runs in words."""

from __future__ import annotations

from harness.campaigns.noise import NoiseDocument, ObjectiveNoise
from reports.render.format import say


def noise_lines(document: NoiseDocument, stored: str) -> list[str]:
    """What stays on the screen: one line for each objective."""
    good = {"PASS": "measured", "FAIL": "FAIL", "INVALID": "INVALID"}
    word = good.get(document.decision, document.decision)
    lines = [f"{word}  {document.experiment}: {document.repeats} identical runs", ""]
    lines += [f"  why  {why.text}" for why in document.reasons]
    lines += [f"  {_line(each)}" for each in document.objectives]
    if document.score_sd is not None:
        lines += ["", f"  standard deviation of the score: {document.score_sd:g} points"]
    return [*lines, "", f"  stored  {stored}"]


def _line(found: ObjectiveNoise) -> str:
    if found.cv is None:
        return f"{found.name:<32}its spread is not known"
    needed = ", ".join(f"{share}: {count}" for share, count in found.repeats_for.items())
    more = "; two modes" if found.modes > 1 else ""
    mean = say(found.mean, found.unit)
    return f"{found.name:<32}{mean:>10}   CV {found.cv:.1%}{more}   repeats to show {needed}"
