"""Cells: kept as they are made; the last one that says something counts; INVALID never kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import ConfigError, StoredRunError
from harness.files.yaml_file import read_document
from harness.mutants.catalogue import (
    Catalogue,
    Defect,
    catalogue_problems,
    read_catalogue,
)
from harness.mutants.cells import Cell, append_cell, cell_of, latest, read_cells
from harness.mutants.plan import Wanted, pairs
from harness.mutants.short_form import RATE_SCALE, write_short
from harness.run.listing import experiment_names
from harness.system import system_files
from harness.validation.file_check import Load, check_files
from reports.kill_matrix import lines, markdown, matrix_of

ROOT = Path(__file__).parents[3]
SYSTEM = ROOT / "reference_services" / "system.yaml"
TWO = Catalogue(
    defects=(
        Defect(name="a", source="x", experiment="e", signature=("lost",), ci=True),
        Defect(name="b", source="x", experiment="f", signature=("doubled",)),
        Defect(name="c", source="x", equivalent="it changes nothing"),
    )
)


def cell(defect: str, experiment: str, verdict: str, *found: str) -> Cell:
    return Cell(defect=defect, experiment=experiment, seed=11, verdict=verdict, found=found)


def test_a_cell_names_classes_then_metrics_then_reasons() -> None:
    document = {
        "verdict": "FAIL",
        "reasons": [{"code": "lost"}, {"code": "objective_failed"}, {"code": "not_recovered"}],
        "checks": {"payments": {"violations": [{"class": "lost"}]}},
        "objectives": [
            {"name": "quick", "verdict": "fail"},
            {"name": "good", "verdict": "pass"},
        ],
    }
    made = cell_of(("a", "e", 11), document, {"quick": "stable_recovery_s"})
    assert (made.verdict, made.found) == ("FAIL", ("lost", "stable_recovery_s", "not_recovered"))


def test_a_run_without_a_verdict_is_no_kill() -> None:
    made = cell_of(("a", "e", 11), {"error": "the machine is not free"}, {})
    assert made.verdict == "ERROR"
    assert not matrix_of(TWO, [made]).killed


def test_cells_are_kept_and_a_later_one_that_counts_replaces_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "cells.ndjson"
    made = (cell("a", "e", "INVALID"), cell("a", "e", "FAIL", "lost"), cell("a", "e", "INVALID"))
    for one in made:
        append_cell(path, one)
    assert read_cells(path) == made
    assert latest(made)["a", "e", 11].verdict == "FAIL"


def test_a_cut_file_of_cells_is_an_error_of_one_line(tmp_path: Path) -> None:
    path = tmp_path / "cells.ndjson"
    path.write_text('{"defect": "a"')
    with pytest.raises(StoredRunError, match=r"cells\.ndjson"):
        read_cells(path)


def test_the_matrix_tells_killed_from_surviving_and_not_run() -> None:
    matrix = matrix_of(
        TWO, [cell("a", "e", "FAIL", "lost"), cell("a", "f", "PASS"), cell("b", "f", "INVALID")]
    )
    assert [one.name for one in matrix.killed] == ["a"]
    assert [one.name for one in matrix.not_run] == ["b"]
    assert matrix.only_killer("e") == ("a",)
    assert matrix.only_killer("f") == ()
    said = "\n".join(lines(matrix))
    assert "killed by e: lost" in said
    assert "1 of 2 defects are killed" in said


def test_a_failure_without_a_defect_is_a_false_alarm() -> None:
    matrix = matrix_of(TWO, [cell("", "e", "FAIL", "lost"), cell("", "f", "PASS")])
    assert len(matrix.false_alarms) == 1
    assert "1 false alarms in 2 runs" in "\n".join(lines(matrix))


def test_the_document_has_a_row_for_each_defect_and_the_argument_of_an_equivalent_one() -> None:
    text = markdown(matrix_of(TWO, [cell("a", "e", "FAIL", "lost"), cell("a", "f", "PASS")]))
    assert "|  | a | K | · | lost | x |" in text
    assert "**c** is equivalent: it changes nothing" in text


def test_a_suite_names_its_cells() -> None:
    experiments = ("e", "f")
    directed = pairs(Wanted(suite="directed", clean=3), TWO, experiments)
    assert directed[:2] == (("a", "e", 11), ("b", "f", 11))
    assert directed[2:] == (("", "e", 11), ("", "f", 12), ("", "e", 13))
    assert pairs(Wanted(suite="ci"), TWO, experiments) == (("a", "e", 11),)
    full = pairs(Wanted(suite="full"), TWO, experiments)
    assert len(full) == 4
    one = Wanted(suite="directed", defects=("a",), experiments=("f",))
    assert pairs(one, TWO, experiments) == (("a", "f", 11),)


def test_an_unknown_defect_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match=r"no defect 'aa'"):
        pairs(Wanted(suite="ci", defects=("aa",)), TWO, ("e",))


def test_a_system_without_a_catalogue_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="this system has no seeded defects"):
        read_catalogue(tmp_path / "system.yaml")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("defects: []", "defects"),
        ("defects: [{name: a, source: x}]", "a defect has an experiment and a signature"),
        ("defects: [{name: A, source: x, equivalent: y}]", "small letters"),
        ("defects: [{name: a, sourc: x, equivalent: y}]", "unknown key `sourc`"),
        (
            "defects: [{name: a, source: x, equivalent: y}, {name: a, source: x, equivalent: y}]",
            "this name is here twice",
        ),
    ],
)
def test_a_wrong_catalogue_is_refused_by_line(text: str, wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "catalogue.yaml"
    path.write_text(text)
    said = [
        f"{one.wrong} {one.allowed} {one.key}" for one in catalogue_problems(read_document(path))
    ]
    assert any(wrong in line for line in said), said


def test_the_short_form_of_every_experiment_is_sound(tmp_path: Path) -> None:
    names = experiment_names(ROOT)
    written = [
        write_short(ROOT / "experiments" / name / "experiment.yaml", tmp_path) for name in names
    ]
    load = Load(rate_scale=RATE_SCALE)
    _, read = check_files(
        ROOT, tuple(map(str, written)), system_files(SYSTEM, None, None), None, load
    )
    assert [one.name for one in read] == names
    longer = [one.name for one in read if one.terms.phases.load_s > 16]
    assert longer == [
        "clock-jumps",
        "killed-at-each-step",
    ]  # a process does not start faster in a short run
