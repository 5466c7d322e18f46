"""The spread of each objective in earlier campaigns of the same suite on the same experiments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from harness.campaigns.folder import CampaignFolder
from harness.campaigns.gate_document import GateDocument
from harness.campaigns.log_scale import log_burden
from harness.campaigns.modes import modes
from harness.campaigns.objective_decision import ObjectiveDecision
from harness.campaigns.plan import PlannedExperiment
from harness.campaigns.spread import PastSpread, Spread, spread_of
from harness.errors import StoredRunError
from harness.store import read_json

# With fewer earlier runs their spread is hardly better known than that of the new ones.
LEAST_RUNS: Final = 8
_MOST_CAMPAIGNS: Final = 20


def past_spreads(
    suite_folder: Path, planned: Sequence[PlannedExperiment]
) -> tuple[PastSpread, ...]:
    """Pooled over the latest campaigns whose experiment files were the same, byte for byte."""
    found: dict[tuple[str, str], list[tuple[Spread, int]]] = {}
    for document, same in _earlier(suite_folder, planned):
        for cell in document.experiments:
            if cell.experiment in same:
                for one in cell.objectives:
                    if spread := _spread(one):
                        key = f"{one.name} {one.must} {one.limit:g}"
                        at = (cell.experiment, key)
                        found.setdefault(at, []).append((spread, len(one.values)))
    return tuple(
        _pooled(experiment, objective, each)
        for (experiment, objective), each in sorted(found.items())
        if sum(runs for _, runs in each) >= LEAST_RUNS
    )


def _pooled(experiment: str, objective: str, each: Sequence[tuple[Spread, int]]) -> PastSpread:
    degrees = sum(spread.degrees for spread, _ in each)
    squares = sum(spread.degrees * spread.sd**2 for spread, _ in each)
    sd = round(math.sqrt(squares / degrees), 6)
    return PastSpread(experiment=experiment, objective=objective, sd=sd, degrees=degrees)


def _spread(found: ObjectiveDecision) -> Spread | None:
    values = [value for value in found.values if value is not None]
    if len(values) < len(found.values) or any(found.censored):
        return None
    logs = [log_burden(value, found.unit, found.must) for value in values]
    groups = modes(logs, None)
    return spread_of([[logs[place] for place in group] for group in groups], None)


def _earlier(
    suite_folder: Path, planned: Sequence[PlannedExperiment]
) -> Iterator[tuple[GateDocument, set[str]]]:
    """Complete, undamaged campaigns that were not INVALID; one that cannot be read is left out."""
    now = {(one.name, one.sha256) for one in planned}
    for root in sorted(suite_folder.glob("*"), reverse=True)[:_MOST_CAMPAIGNS]:
        folder = CampaignFolder(root)
        try:
            plan = folder.read_plan()
            document = read_json(folder.gate, GateDocument, whole=False)
            damaged = folder.damage()
        except (StoredRunError, OSError):
            continue
        same = {one.name for one in plan.experiments if (one.name, one.sha256) in now}
        if not damaged and document.decision not in ("INVALID", "FAIL") and same:
            yield document, same
