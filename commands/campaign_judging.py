"""Judges a stored campaign, stores the decision and prints it: for `gate` and `report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from commands.options import EXIT, streams

if TYPE_CHECKING:  # a command imports only what it needs
    from collections.abc import Sequence

    from harness.campaigns.records import Attempt, Outcome


def judge_and_store(path: Path) -> Outcome:
    """The outcome of one run of a campaign; its verdict and report are stored with it."""
    from harness.store import RunFolder
    from reports.render.stored_verdict import write
    from reports.verdict.judge import judge
    from reports.verdict.outcome import outcome_of

    folder = RunFolder(path)
    scorecard = judge(folder)
    try:
        write(folder, scorecard)
    except OSError as error:
        streams().talk(f"squall: {folder.verdict}: not stored: {error.strerror}")
    return outcome_of(scorecard)


def judge_campaign(path: Path, *, as_json: bool, seen: Sequence[Attempt] | None = None) -> int:
    """Decide from what is stored, print, and store the decision. Returns the exit code.

    `seen`: the attempts, where they have just been judged.
    """
    from harness.campaigns.conduct import judged_attempts
    from harness.campaigns.folder import CampaignFolder
    from harness.campaigns.gate_decision import gate_document
    from harness.store import as_json as stored_form
    from harness.store import write_json
    from harness.view.output import show_lines
    from reports.render.campaign.words import closing_lines

    folder = CampaignFolder(path)
    plan, damage = folder.read_plan(), folder.damage()
    attempts = judged_attempts(folder, judge_and_store) if seen is None else seen
    document = gate_document(plan, attempts, damage)
    stored = str(folder.gate)
    try:
        write_json(folder.gate, document)
    except OSError as error:
        stored = f"not stored: {error.strerror}"
        streams().talk(f"squall: {folder.gate}: {stored}")
    if as_json:
        streams().json(stored_form(document))
    else:
        show_lines(closing_lines(document, stored))
    return EXIT[document.decision]
