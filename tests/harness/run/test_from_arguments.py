"""What was typed becomes an order, and an order says what to type to have it again."""

from __future__ import annotations

import inspect
import os
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.locust_options import locust_of
from commands.run import run
from harness.errors import ConfigError
from harness.run.adaptation import Adaptation
from harness.run.from_arguments import USUAL_SYSTEM, order_from
from harness.run.order import Order, intent_prefix, open_folder, path_in_runs
from harness.system import CHANGES, system_files
from harness.targets.local.assembly import inherited
from tests.support.documents_files import ROOT, experiment_file, system_file

DEMO = "ledger-killed-at-peak"


def ordered(*words: str) -> Order:
    """What `squall run` makes of these words."""
    given = run.make_context("run", list(words)).params
    files = system_files(given["system_path"], given["deployment_path"], given["target"])
    taken = set(inspect.signature(order_from).parameters) - {"files", "locust"}
    rest = {k: v for k, v in given.items() if k in taken}
    (experiment,) = given["experiments"]
    rest["adaptation"] = Adaptation(later_s=given["fault_later"])
    return order_from(ROOT, experiment=experiment, files=files, locust=locust_of(given), **rest)


def test_a_usual_run_is_repeated_by_its_name_and_seed() -> None:
    assert ordered(DEMO).again == f"squall run {DEMO} --seed 11"
    assert ordered(DEMO).system_path == ROOT / USUAL_SYSTEM


@pytest.mark.parametrize(
    "words",
    [
        ("--users", "5"),
        ("--spawn-rate", "2"),
        ("--locust-ui", "8089"),
        ("--workers-at", "127.0.0.1:5557"),
    ],
)
def test_a_lean_scenario_takes_no_option_of_locust(words: tuple[str, str]) -> None:
    with pytest.raises(ConfigError, match=f"^{words[0]}: .*runs on the lean engine"):
        ordered(DEMO, "--scenario", "steady_payments", *words)


@pytest.mark.parametrize(
    "words",
    [
        ("--scenario", "steady_users", "--users", "5", "--spawn-rate", "2.5"),
        ("--scenario", "steady_users", "--locust-ui", "8089", "--workers-at", "127.0.0.1:5557"),
        ("--workers", "3"),
        ("--seed", "12", "--workers", "2"),
        ("--rate-scale", "0.25"),
        ("--scenario", "rising_payments", "--workers", "4", "--rate-scale", "2.0"),
    ],
)
def test_whatever_was_chosen_is_chosen_again(words: tuple[str, ...]) -> None:
    order = ordered(DEMO, *words)
    assert all(word in shlex.split(order.again) for word in words)
    assert ordered(*shlex.split(order.again)[2:]) == order


@pytest.mark.parametrize(
    ("words", "scale", "again"),
    [
        ((), 0.5, ""),
        (("--rate-scale", "1"), 1.0, " --rate-scale 1.0"),
        (("--rate-scale", "0.5"), 0.5, ""),
    ],
)
def test_the_load_has_the_scale_of_the_deployment_unless_one_is_typed(
    tmp_path: Path, words: tuple[str, ...], scale: float, again: str
) -> None:
    experiment = str(experiment_file(tmp_path))
    system = system_file(tmp_path)
    system.write_text(system.read_text() + "rate_scale: 0.5\n")
    order = ordered(experiment, "--system", str(system), *words)
    assert order.rate_scale == scale
    assert order.again == (f"squall run {experiment} --seed 11{again} --system {system}")


def test_files_of_ones_own_are_named_again(tmp_path: Path) -> None:
    place = tmp_path / "a place"
    place.mkdir()
    experiment, system = experiment_file(place), system_file(place)
    order = ordered(str(experiment), "--system", str(system))
    assert ordered(*shlex.split(order.again)[2:]) == order
    assert order.experiment.path == experiment


def test_a_seeded_defect_is_seeded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQUALL_DEFECT", "ack-before-commit")
    again = ordered(DEMO, "--workers", "2").again
    assert again == f"SQUALL_DEFECT=ack-before-commit squall run {DEMO} --seed 11 --workers 2"


def test_whatever_changes_the_system_is_named_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQUALL_DEFECT", "ack-before-commit")
    monkeypatch.setenv("SQUALL_FAILPOINTS", "after_bank=kill@0.1,before_answer=drop")
    again = ordered(DEMO).again
    assert again == (
        "SQUALL_DEFECT=ack-before-commit SQUALL_FAILPOINTS=after_bank=kill@0.1,before_answer=drop "
        f"squall run {DEMO} --seed 11"
    )


def test_each_variable_that_a_service_reads_is_one_that_a_run_names() -> None:
    """A variable that changes the services and is not named would make `again` another run."""
    read = set()
    for path in (ROOT / "reference_services").rglob("*.py"):
        read |= set(re.findall(r'environ[^"]*"(SQUALL_[A-Z_]+)"', path.read_text()))
    assert read == set(CHANGES)
    assert set(CHANGES) <= set(inherited(dict.fromkeys(CHANGES, "x")))
    assert "PYTHONPATH" not in inherited({"PYTHONPATH": "/x"})


@pytest.mark.parametrize("typed", ["experiment.yaml", "./experiment.yaml", ".", "../my-exp", "./"])
def test_an_experiment_has_one_name_however_it_is_reached(
    typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "my-exp"
    place.mkdir()
    experiment_file(place)
    system = system_file(tmp_path)
    monkeypatch.chdir(place)
    order = ordered(typed, "--system", str(system))
    assert order.experiment.name == "my-exp"


def test_two_runs_in_one_second_get_two_folders(tmp_path: Path) -> None:
    order = ordered(DEMO, "--runs-dir", str(tmp_path))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    folders = [open_folder(order, now)[0] for _ in range(3)]
    assert [folder.root.name for folder in folders] == [
        "20260101T000000Z",
        "20260101T000000Z-2",
        "20260101T000000Z-3",
    ]
    assert len({intent_prefix(folder) for folder in folders}) == 3


def test_a_relative_folder_is_the_same_for_every_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder, _ = open_folder(ordered(DEMO, "--runs-dir", "here/runs"), datetime.now(UTC))
    assert folder.root.is_absolute()
    assert folder.root.parent == tmp_path / "here" / "runs" / DEMO
    assert path_in_runs(folder).startswith(f"runs/{DEMO}/")


@pytest.mark.parametrize("option", ["--runs-dir", "--system"])
def test_a_path_that_is_not_unicode_is_refused_before_the_start(option: str) -> None:
    with pytest.raises(ConfigError, match="not UTF-8"):
        ordered(DEMO, option, os.fsdecode(b"/tmp/\xff"))


def test_slo_documents_are_found_by_name_and_repeated_in_the_command() -> None:
    order = ordered(DEMO, "--slo", "payments")
    assert [path.name for path in order.slo_paths] == ["payments.yaml"]
    assert "--slo payments" in order.again


def test_a_wrong_slo_document_is_an_error_before_the_start(tmp_path: Path) -> None:
    wrong = tmp_path / "slo.yaml"
    wrong.write_text("apiVersion: openslo/v1\nkind: SLO\n")
    with pytest.raises(ConfigError, match=r"slo.yaml:1: .*metadata"):
        ordered(DEMO, "--slo", str(wrong))
