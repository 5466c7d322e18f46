"""A regression is a ratio whose lower bound is above 1.20; an empty baseline never passes."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from harness.campaigns.builds import arm_of, checked_out, from_build, top_of
from harness.campaigns.gate_json import gate_document
from harness.campaigns.plan import Plan, gate_of
from harness.campaigns.records import BASELINE, CANDIDATE, Arm, Outcome, Request
from harness.errors import ConfigError
from harness.files.yaml_file import read_document
from harness.system import read_system
from reports.render.campaign.page import render
from reports.render.campaign.words import closing_lines
from tests.support.replayed_runs import figure, invalid, outcome_with, replay
from tests.support.squall_process import ROOT
from tests.support.stub_campaign import stub_plan


def two_arms() -> Plan:
    arms = (Arm(name=CANDIDATE, system="a.yaml"), Arm(name=BASELINE, system="b.yaml"))
    return msgspec.structs.replace(stub_plan(), arms=arms)


def decided(plan: Plan, candidate_s: float, baseline_s: float, seed: int = 1) -> str:
    draw = random.Random(seed)

    def outcome(request: Request) -> Outcome:
        middle = candidate_s if request.arm == CANDIDATE else baseline_s
        return outcome_with(figure(middle * math.exp(draw.gauss(0, 0.04))))

    return gate_document(plan, replay(gate_of(plan), outcome)).decision


def test_the_arms_alternate_and_share_seed_and_fault_start() -> None:
    plan = two_arms()
    seen = replay(gate_of(plan), lambda _: outcome_with(figure(2.0)))
    assert [a.request.arm[0] for a in seen] == ["c", "b", "b", "c", "c", "b"]
    for repeat in range(3):
        pair = [a.request for a in seen if a.request.repeat == repeat]
        assert len({(r.seed, r.later_s) for r in pair}) == 1


def test_a_candidate_that_is_half_as_fast_fails_although_it_holds_every_limit() -> None:
    assert decided(two_arms(), 3.0, 1.5) == "FAIL"


@pytest.mark.parametrize("ratio", [0.5, 1.0, 1.1, 1.2])
def test_up_to_the_tolerance_no_gate_fails(ratio: float) -> None:
    found = {decided(two_arms(), 2.0 * ratio, 2.0, seed) for seed in range(20)}
    assert found == {"PASS"}


def test_an_empty_baseline_never_passes() -> None:
    plan = two_arms()

    def outcome(request: Request) -> Outcome:
        return outcome_with(figure(2.0)) if request.arm == CANDIDATE else invalid()

    assert gate_document(plan, replay(gate_of(plan), outcome)).decision == "INVALID"


@pytest.mark.parametrize("stored", [{"other": (outcome_with(figure(2.0)),)}, {"kill": ()}])
def test_stored_runs_of_another_experiment_never_pass(stored: dict[str, tuple[Outcome]]) -> None:
    plan = msgspec.structs.replace(stub_plan(), stored_baseline=stored)
    seen = replay(gate_of(plan), lambda _: outcome_with(figure(2.0)))
    found = gate_document(plan, seen)
    assert found.decision == "INVALID"
    assert found.reasons[0].code == "baseline_empty"


def test_stored_runs_are_compared_and_marked_as_of_another_job() -> None:
    stored = {"kill": tuple(outcome_with(figure(v)) for v in (1.0, 1.03, 0.98))}
    plan = msgspec.structs.replace(stub_plan(), stored_baseline=stored)
    values = iter((2.0, 2.05, 1.97))
    found = gate_document(plan, replay(gate_of(plan), lambda _: outcome_with(figure(next(values)))))
    assert found.decision == "FAIL"
    assert not found.regressions[0].same_job
    assert found.regressions[0].ratio == pytest.approx(1.9, abs=0.1)


def test_the_page_and_the_last_lines_show_the_comparison() -> None:
    plan = two_arms()

    def outcome(request: Request) -> Outcome:
        return outcome_with(figure(3.0 if request.arm == CANDIDATE else 1.0))

    found = gate_document(plan, replay(gate_of(plan), outcome))
    assert "✗ worse" in render(found)
    assert any("✗ worse" in line for line in closing_lines(found, "report.html"))


def repository(root: Path) -> Path:
    """A system whose one service is a Python module; its second commit says another word."""
    root.mkdir()
    (root / "shop").mkdir()
    (root / "shop" / "__init__.py").write_text("")
    (root / "system.yaml").write_text(
        'name: shop\nentry: "payer>shop"\ntarget: local\nservices:\n'
        '  - {name: shop, command: ["{python}", -I, -u, -m, shop.app, --port, "{port}"]}\n'
        'edges:\n  - {name: "payer>shop", via: direct}\n'
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", "init", "-q"], cwd=root, env=environ, check=True)
    for word in ("old", "new"):
        (root / "shop" / "app.py").write_text(f"import sys\nprint({word!r}, sys.argv[1:])\n")
        for command in (["add", "-A"], [*who, "commit", "-qm", word]):
            subprocess.run(["git", *command], cwd=root, env=environ, check=True)
    return root


def test_the_services_of_a_commit_come_from_that_commit(tmp_path: Path) -> None:
    root = repository(tmp_path / "repository")
    candidate = Arm(name=CANDIDATE, system=str(root / "system.yaml"))
    build = checked_out(top_of(root / "system.yaml"), "HEAD~1", tmp_path / "builds")
    arm = arm_of(build, candidate, root, tmp_path / "files")
    service = read_system(Path(arm.system)).services[0]
    command = [word.replace("{python}", sys.executable) for word in service.command]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout
    assert said == "old ['--port', '{port}']\n"


def test_an_unknown_commit_is_refused(tmp_path: Path) -> None:
    root = repository(tmp_path / "repository")
    with pytest.raises(ConfigError, match="not a commit"):
        checked_out(root, "no-such-commit", tmp_path / "builds")


def test_the_reference_system_of_another_folder_is_its_own() -> None:
    words = read_document(ROOT / "deploy" / "local.yaml").root.child("services")
    assert words is not None
    command = ("{python}", "-I", "-u", "-m", "reference_services.bank.app")
    assert from_build(command, ROOT)[3] == "-c"
    assert from_build(("./server", "-m", "x"), ROOT) == ["./server", "-m", "x"]
