"""The spread of identical runs, the repeats that a difference needs, and the earlier spread."""

from __future__ import annotations

import math
import random
from pathlib import Path

import msgspec
import pytest

from harness.campaigns.conduct import conduct
from harness.campaigns.folder import CampaignFolder, new_folder
from harness.campaigns.gate_json import gate_document
from harness.campaigns.history import past_spreads
from harness.campaigns.noise import repeats_for
from harness.campaigns.noise_report import noise_document
from harness.campaigns.plan import Plan, gate_of
from harness.campaigns.records import Outcome
from harness.store import write_json
from reports.render.campaign.noise_words import noise_lines
from tests.support.replayed_runs import (
    broken_records,
    figure,
    in_turn,
    invalid,
    outcome_with,
    recorded,
    replay,
)
from tests.support.stub_campaign import StubRuns, bench, stub_plan


# Sample sizes by n = 2 ((1.645 + 0.842) sigma / ln(1 + difference))^2, at least 2.
@pytest.mark.parametrize(
    ("cv", "difference", "repeats"),
    [(0.05, 0.1, 4), (0.1, 0.1, 14), (0.1, 0.2, 4), (0.2, 0.2, 15), (0.3, 0.3, 16), (0.2, 0.5, 3)],
)
def test_the_repeats_of_a_difference_are_those_of_the_table(
    cv: float, difference: float, repeats: int
) -> None:
    assert repeats_for(cv, difference) == repeats


def test_the_spread_of_drawn_runs_is_found() -> None:
    plan, draw = stub_plan(least=60, most=60), random.Random(4)
    runs = [outcome_with(figure(5 * math.exp(draw.gauss(0, 0.1)))) for _ in range(60)]
    found = noise_document(plan, replay(gate_of(plan), in_turn(*runs)), (), 0.25)
    assert found.decision == "PASS"
    assert found.objectives[0].cv == pytest.approx(0.1, rel=0.25)
    assert "25 %" in found.objectives[0].repeats_for


def test_recorded_runs_have_a_spread_and_a_line_for_each_objective() -> None:
    plan = stub_plan(least=10, most=10)
    found = noise_document(plan, replay(gate_of(plan), in_turn(*recorded("payments-paused"))), ())
    assert found.score_sd is not None
    assert found.score_sd <= 1.5
    assert len(noise_lines(found, "noise.json")) >= len(found.objectives) + 3


@pytest.mark.parametrize(
    ("outcome", "decision"), [(invalid(), "INVALID"), (broken_records(), "FAIL")]
)
def test_runs_that_prove_nothing_or_are_wrong_have_no_spread(
    outcome: Outcome, decision: str
) -> None:
    plan = stub_plan(least=3, most=3)
    assert noise_document(plan, replay(gate_of(plan), in_turn(outcome)), ()).decision == decision


def stored(root: Path, number: int, plan: Plan) -> CampaignFolder:
    """A complete campaign with its gate.json."""
    folder = new_folder(root / f"2026010{number}T000000Z", plan)
    draw = random.Random(number)

    def judge(run: Path) -> Outcome:
        del run
        return outcome_with(figure(4 * math.exp(draw.gauss(0, 0.05))))

    seen = conduct(folder, gate_of(plan), bench(StubRuns(), judge))
    write_json(folder.gate, gate_document(plan, seen, folder.damage()))
    return folder


def test_the_spread_of_earlier_campaigns_counts_from_eight_runs_on(tmp_path: Path) -> None:
    plan = stub_plan()
    stored(tmp_path, 1, plan)
    stored(tmp_path, 2, plan)
    assert past_spreads(tmp_path, plan.experiments) == ()
    stored(tmp_path, 3, plan)
    (found,) = past_spreads(tmp_path, plan.experiments)
    assert found.objective == "stable recovery <= 10"
    assert found.degrees == 6
    assert 0.01 <= found.sd <= 0.12


def test_another_experiment_file_and_a_damaged_campaign_do_not_count(tmp_path: Path) -> None:
    plan = stub_plan()
    folders = [stored(tmp_path, number, plan) for number in (1, 2, 3)]
    other = tuple(msgspec.structs.replace(one, sha256="other") for one in plan.experiments)
    assert past_spreads(tmp_path, other) == ()
    folders[0].journal.write_bytes(folders[0].journal.read_bytes() + b"\n")
    assert past_spreads(tmp_path, plan.experiments) == ()
