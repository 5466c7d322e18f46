"""A command is added with one file and one line, or by an installed package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli
import commands

HELLO = """
import click

@click.command()
def {name}() -> None:
    "Greet."
    click.echo("greeted by {name}")
"""


def said(*words: str) -> str:
    result = CliRunner().invoke(cli.squall, list(words), catch_exceptions=False)
    return result.output


def test_a_file_in_commands_and_a_line_in_the_list_add_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hello.py").write_text(HELLO.format(name="hello"))
    monkeypatch.setattr(commands, "__path__", [*commands.__path__, str(tmp_path)])
    monkeypatch.setattr(cli, "COMMANDS", (*cli.COMMANDS, "hello"))
    assert said("hello") == "greeted by hello\n"
    assert "hello" in said("--help")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "greetings.py").write_text(HELLO.format(name="hello") + HELLO.format(name="runs"))
    information = tmp_path / "greetings-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: greetings\nVersion: 1.0\n")
    lines = ["[squall.commands]", "hello = greetings:hello", "runs = greetings:runs"]
    (information / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("package")
def test_an_installed_package_adds_a_command() -> None:
    assert said("hello") == "greeted by hello\n"
    assert "hello" in said("--help")


@pytest.mark.usefixtures("package")
def test_an_installed_package_cannot_replace_a_command() -> None:
    assert "greeted" not in said("runs", "--help")
    listed = [line for line in said("--help").splitlines() if line.startswith("  runs ")]
    assert len(listed) == 1


def test_every_file_of_commands_is_registered_or_used_by_another() -> None:
    paths = sorted(Path(commands.__file__).parent.glob("*.py"))
    imported = r"^ *(?:from|import) commands\.(\w+)"
    used = {name for path in paths for name in re.findall(imported, path.read_text(), re.MULTILINE)}
    files = {path.stem for path in paths} - {"__init__"}
    assert used
    assert files == used | set(cli.COMMANDS)
