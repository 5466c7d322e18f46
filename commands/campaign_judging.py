"""Judges a stored campaign, stores the decision and prints it: for `gate` and `report`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from commands.options import EXIT, streams
from commands.outlets import Wanted, write_outlets

if TYPE_CHECKING:  # a command imports only what it needs
    from collections.abc import Sequence

    from harness.campaigns.folder import CampaignFolder
    from harness.campaigns.gate_document import GateDocument
    from harness.campaigns.records import Attempt, Outcome
    from reports.verdict.scorecard import Scorecard


def judge_and_store(path: Path) -> Outcome:
    """The outcome of one run of a campaign; its verdict and report are stored with it."""
    from reports.verdict.outcome import outcome_of

    return outcome_of(judged_scorecard(path))


def judged_scorecard(path: Path) -> Scorecard:
    """The verdict of one run of a campaign, stored with its report."""
    from harness.store import RunFolder
    from reports.render.stored_verdict import write
    from reports.verdict.judge import judge

    folder = RunFolder(path)
    scorecard = judge(folder)
    try:
        write(folder, scorecard)
    except OSError as error:
        streams().talk(f"squall: {folder.verdict}: not stored: {error.strerror}")
    return scorecard


def decide(
    path: Path, seen: Sequence[Attempt] | None = None
) -> tuple[CampaignFolder, GateDocument]:
    """The decision of a stored campaign; `seen`: the attempts, where they have been judged."""
    from harness.campaigns.conduct import judged_attempts
    from harness.campaigns.folder import CampaignFolder
    from harness.campaigns.gate_json import gate_document

    folder = CampaignFolder(path)
    plan, damage = folder.read_plan(), folder.damage()
    attempts = judged_attempts(folder, judge_and_store) if seen is None else seen
    return folder, gate_document(plan, attempts, damage)


def judge_campaign(
    path: Path,
    *,
    as_json: bool,
    seen: Sequence[Attempt] | None = None,
    outlets: Wanted = (),
) -> int:
    """Decide from what is stored, print, and store the decision. Returns the exit code.

    `seen`: the attempts, where they have just been judged.
    """
    from harness.campaigns.folder import CampaignFolder
    from harness.files.whole_file import write_whole
    from harness.store import as_json as stored_form
    from harness.store import write_json
    from harness.view.output import show_lines
    from reports.outlets.summary import summary_of_gate
    from reports.render.campaign.page import render
    from reports.render.campaign.words import closing_lines

    kind = CampaignFolder(path).read_plan().kind
    if kind == "noise":
        return judge_noise(CampaignFolder(path), seen, difference=None, as_json=as_json)
    if kind == "compare":
        from commands.comparing import judge_comparison

        return judge_comparison(CampaignFolder(path), seen, as_json=as_json)
    folder, document = decide(path, seen)
    stored = str(folder.report)
    try:
        write_json(folder.gate, document)
        write_whole(folder.report, render(document, _worst(folder, document)).encode("utf-8"))
    except OSError as error:
        stored = f"not stored: {error.strerror}"
        streams().talk(f"squall: {folder.gate}: {stored}")
    if outlets:
        write_outlets(summary_of_gate(document), outlets)
    if as_json:
        streams().json(stored_form(document))
    else:
        show_lines(closing_lines(document, stored))
    return EXIT[document.decision]


def _worst(folder: CampaignFolder, document: GateDocument) -> str:
    """The page's section on the worst run; empty where its run cannot be read."""
    from harness.errors import StoredRunError
    from harness.store import RunFolder
    from reports.render.campaign.worst_run import worst_attempt, worst_section
    from reports.verdict.judge import judge

    line = worst_attempt(document)
    if line is None:
        return ""
    try:
        return worst_section(line, judge(RunFolder(folder.root / line.run)))
    except (StoredRunError, OSError):
        return ""


def judge_noise(
    folder: CampaignFolder,
    seen: Sequence[Attempt] | None,
    *,
    difference: float | None,
    as_json: bool,
) -> int:
    """The spread of a stored campaign of identical runs: printed and stored."""
    from harness.campaigns.conduct import judged_attempts
    from harness.campaigns.noise_report import noise_document
    from harness.store import as_json as stored_form
    from harness.store import write_json
    from harness.view.output import show_lines
    from reports.render.campaign.noise_words import noise_lines

    attempts = judged_attempts(folder, judge_and_store) if seen is None else seen
    document = noise_document(folder.read_plan(), attempts, folder.damage(), difference)
    try:
        write_json(folder.noise, document)
    except OSError as error:
        streams().talk(f"squall: {folder.noise}: not stored: {error.strerror}")
    if as_json:
        streams().json(stored_form(document))
    else:
        show_lines(noise_lines(document, str(folder.noise)))
    return EXIT[document.decision]
