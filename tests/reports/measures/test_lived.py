"""Faults asked in the experiment file and faults lived in the timeline are compared one by one."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

import harness.faults
from harness.chaos import actions
from harness.chaos.script import ACTIONS, INJECTS, Step
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.runs_builder import F0_S, F1_S, RunsBuilder, sound_run

Journal = dict[str, Any]


def codes(card: Scorecard) -> list[str]:
    return [reason.code for reason in card.reasons]


def another_fault(run: RunsBuilder, name: str, target: str, fault_id: str) -> None:
    for at_s, stage in (
        (F0_S - 0.02, "asked"),
        (F0_S - 0.01, "injected"),
        (F0_S, "verified"),
        (F1_S - 0.01, "undone"),
        (F1_S, "verified_undone"),
    ):
        run.tell(at_s, "fault", stage, (name, target), fault_id=fault_id)
    for half_s in range(1, 6):
        at_s = F0_S + half_s / 2
        run.tell(at_s, "fault", "held", (name, target), fault_id=fault_id, on=True)


def two_of_the_service(run: RunsBuilder) -> None:
    run.experiment = run.experiment.replace("service: ledger}", "service: ledger, instances: 2}")
    run.experiment = run.experiment.replace("max_instances: 1", "max_instances: 2")


def change_output(**changes: str) -> Callable[[RunsBuilder], None]:
    def change(run: RunsBuilder) -> None:
        run.rewrite_journal = lambda j: j["run"][0]["output"][0].update(changes)

    return change


def pause_instead(run: RunsBuilder) -> None:
    run.events = [
        structs.replace(e, name="pause") if e.source == "fault" else e for e in run.events
    ]


def other_dose(run: RunsBuilder) -> None:
    """The same fault, asked of the driver with another number than the file gives."""
    run.experiment = run.experiment.replace("service: ledger}", "service: ledger, grace_s: 3}")
    run.events = [
        structs.replace(e, data={**e.data, "grace_s": 4}) if e.kind == "asked" else e
        for e in run.events
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (two_of_the_service, "fault_not_asked"),
        (pause_instead, "fault_not_asked"),
        (change_output(service="payments"), "fault_not_asked"),
        (change_output(target="ledger-2"), "fault_not_asked"),
        (other_dose, "fault_not_asked"),
        (lambda run: another_fault(run, "kill", "ledger-2", "2"), "fault_extra"),
        (lambda run: another_fault(run, "latency", "payer>payments", "2"), "fault_extra"),
    ],
)
def test_faults_that_differ_from_the_file_are_invalid(
    tmp_path: Path, change: Callable[[RunsBuilder], None], code: str
) -> None:
    run = sound_run()
    change(run)
    card = judge(run.write(tmp_path / "run"))
    assert (card.verdict, set(codes(card))) == ("INVALID", {code})


def test_an_output_that_names_another_fault_leaves_one_missing_and_one_extra(
    tmp_path: Path,
) -> None:
    run = sound_run()
    change_output(fault_id="none")(run)
    card = judge(run.write(tmp_path / "run"))
    assert (card.verdict, codes(card)) == ("INVALID", ["fault_not_asked", "fault_extra"])


def test_two_instances_asked_and_two_lived_pass(tmp_path: Path) -> None:
    run = sound_run()
    two_of_the_service(run)
    another_fault(run, "kill", "ledger-2", "2")
    assert judge(run.write(tmp_path / "run")).verdict == "PASS"


def test_one_instance_killed_twice_is_not_two_instances(tmp_path: Path) -> None:
    run = sound_run()
    two_of_the_service(run)
    another_fault(run, "kill", "ledger-1", "2")
    card = judge(run.write(tmp_path / "run"))
    assert (card.verdict, codes(card)) == ("INVALID", ["fault_not_asked"])


def test_a_canary_lives_as_one_shift_after_the_other(tmp_path: Path) -> None:
    run = sound_run()
    run.experiment = run.experiment.replace("func: inject_kill", "func: inject_canary")
    run.experiment = run.experiment.replace("service: ledger}", 'edge: "payer>payments"}')
    another_fault(run, "shift", "payer>payments#shift", "2")
    of_step = {"fault": "shift", "target": "payer>payments#shift"}
    run.rewrite_journal = lambda j: j["run"][0].update(
        output=[{**of_step, "fault_id": fault_id} for fault_id in ("1", "2")]
    )
    run.events = [
        structs.replace(e, name="shift", target="payer>payments#shift")
        if e.source == "fault"
        else e
        for e in run.events
    ]
    assert "fault_not_asked" not in codes(judge(run.write(tmp_path / "run")))


def test_every_injecting_action_injects_a_fault_of_its_name() -> None:
    """The comparison rests on it."""
    injecting = [name for name in vars(actions) if name.startswith(INJECTS)]
    steps = [Step(name=name, module=ACTIONS, func=name) for name in injecting]
    assert len(injecting) > 5
    assert {step.fault for step in steps} <= names_of_faults()


def names_of_faults() -> set[str]:
    modules = (
        importlib.import_module(m.name)
        for m in pkgutil.iter_modules(harness.faults.__path__, "harness.faults.")
    )
    classes = [member for module in modules for member in vars(module).values()]
    return {name for c in classes if isinstance(name := _name(c), str)}


def _name(member: object) -> object:
    """A slot hides the default of a field from the class."""
    if not (dataclasses.is_dataclass(member) and hasattr(member, "resource")):
        return None
    defaults = {field.name: field.default for field in dataclasses.fields(member)}
    return defaults.get("name", getattr(member, "name", None))
