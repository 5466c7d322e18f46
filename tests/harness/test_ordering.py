"""What was typed becomes an order, and an order says what to type to have it again."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import cli
from harness.order import Order
from harness.ordering import USUAL_SYSTEM, order_from
from tests.support.documents_files import ROOT, experiment_file, system_file

DEMO = "ledger-killed-at-peak"


def ordered(*words: str) -> Order:
    """What `squall run` makes of these words."""
    given = cli.run.make_context("run", list(words)).params
    return order_from(ROOT, **{k: v for k, v in given.items() if k != "as_json"})


def test_a_usual_run_is_repeated_by_its_name_and_seed() -> None:
    assert ordered(DEMO).again == f"squall run {DEMO} --seed 11"
    assert ordered(DEMO).system_path == ROOT / USUAL_SYSTEM


@pytest.mark.parametrize(
    "words",
    [
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
