"""`squall gate --baseline REF|DIR|RUN`: what the candidate is compared with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from commands.campaign_judging import judge_and_store

if TYPE_CHECKING:  # a command imports only what it needs
    from harness.campaigns.records import Arm, Outcome

    Stored = dict[str, tuple[Outcome, ...]]


def baseline_of(word: str, candidate: Arm, runs_dir: Path) -> tuple[tuple[Arm, ...], Stored]:
    """The arms of the campaign, and the outcomes of stored runs. Raises ConfigError."""
    from harness.campaigns.builds import arm_of, checked_out, top_of
    from harness.campaigns.folder import is_campaign
    from harness.store import RunFolder

    path = Path(word)
    if is_campaign(path):
        return (candidate,), _of_campaign(path)
    if RunFolder(path).manifest.is_file():
        return (candidate,), _of_run(path)
    top = top_of(Path(candidate.system))
    builds = runs_dir.absolute() / "builds"
    build = path.absolute() if path.is_dir() else checked_out(top, word, builds)
    return (candidate, arm_of(build, candidate, top, builds / f"{build.name}.files")), {}


def _of_campaign(path: Path) -> Stored:
    """The counted runs of the candidate of a sealed campaign. Raises StoredRunError."""
    from harness.campaigns.conduct import judged_attempts
    from harness.campaigns.folder import CampaignFolder
    from harness.campaigns.gate import valid_of
    from harness.campaigns.plan import gate_of
    from harness.campaigns.records import CANDIDATE
    from harness.errors import StoredRunError

    folder = CampaignFolder(path)
    gate, damage = gate_of(folder.read_plan()), folder.damage()
    if damage:
        raise StoredRunError(f"--baseline {path}: {damage[0]}")
    seen = judged_attempts(folder, judge_and_store)
    return {
        name: tuple(
            a.outcome
            for a in valid_of((name, CANDIDATE), seen, gate.rule.most)
            if a.outcome is not None
        )
        for name in gate.experiments
    }


def _of_run(path: Path) -> Stored:
    """One run. Raises StoredRunError where it proves nothing."""
    from harness.errors import StoredRunError
    from harness.store import RunFolder, read_manifest

    outcome = judge_and_store(path)
    if not outcome.is_valid:
        raise StoredRunError(f"--baseline {path}: the run is INVALID, so nothing is compared")
    return {read_manifest(RunFolder(path)).experiment: (outcome,)}
