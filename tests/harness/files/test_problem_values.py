"""The value that a message shows, in files of each kind: a scalar, a container, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.deployment import join_files
from harness.errors import ConfigError
from harness.files.problems import Problem
from harness.files.record_check import problem_at, wrong_value
from harness.files.variables import read_variables
from harness.files.yaml_file import read_document
from harness.system import read_system

SHAPES = [("5", "5"), ("word", "'word'"), ("[1, 2]", "a list of 2 items"), ("{a: 1}", "a mapping")]
SYSTEM = """
name: shop
target: attached
entry: a>b
services: [{name: b, urls: ["http://127.0.0.1:9"], %s}]
edges: [{name: a>b}]
"""


def said(folder: Path, text: str, key: str) -> str:
    """The message about the value under a key of the file."""
    path = folder / "file.yaml"
    path.write_text(text)
    return wrong_value(read_document(path).root, key, "wrong", "other", "fix").text(path)


@pytest.mark.parametrize(("value", "shown"), SHAPES)
def test_a_wrong_value_is_shown_by_its_kind(tmp_path: Path, value: str, shown: str) -> None:
    assert f"file.yaml:2: it: {shown}" in said(tmp_path, f"\nit: {value}\n", "it")


def test_a_key_that_is_not_there_is_missing(tmp_path: Path) -> None:
    assert "it: (missing): wrong" in said(tmp_path, "other: 1\n", "it")


def test_an_item_of_a_list_is_meant_itself(tmp_path: Path) -> None:
    path = tmp_path / "file.yaml"
    path.write_text("list: [{a: 1}]\n")
    (item,) = read_document(path).root.child("list").elements()  # type: ignore[union-attr]  # it is there
    problem = wrong_value(item, "list[0]", "wrong", "other", "fix")
    assert problem == problem_at(item, "list[0]", "wrong", "other", "fix")
    assert "a mapping of 1 keys" in problem.text(path)


@pytest.mark.parametrize("value", ["[x, y]", "{x: 1, y: 2}"])
def test_an_attached_system_shows_a_container_by_its_size(tmp_path: Path, value: str) -> None:
    key = "command" if value.startswith("[") else "env"
    path = tmp_path / "system.yaml"
    path.write_text(SYSTEM % f"{key}: {value.replace('x: 1, y: 2', 'X: x, Y: y')}")
    with pytest.raises(ConfigError, match=rf"{key}: a (list|mapping) of 2 \w+: this target starts"):
        read_system(path)


def test_a_variable_shows_a_container_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "experiment.yaml"
    path.write_text("configuration:\n  a: {type: [env, probe]}\n")
    (problem,) = read_variables(read_document(path).root, {}).problems
    assert "configuration.a.type: a list of 2 items" in problem.text(path)


def test_a_deployment_file_shows_a_container_by_its_size(tmp_path: Path) -> None:
    assert "a list of 2 items: not a deployment file" in deployment(tmp_path, "[1, 2]")[0]
    text = "services: [{name: [a, b]}]"
    assert "services[0]" in deployment(tmp_path, text)[0]


def deployment(folder: Path, text: str) -> list[str]:
    """What is wrong with a deployment file."""
    system, how = folder / "system.yaml", folder / "local.yaml"
    system.write_text("services: [{name: b, command: [x, y]}]\n")
    how.write_text(text)
    found: tuple[Problem, ...] = join_files(read_document(system), read_document(how)).problems
    return [problem.text(how) for problem in found]
