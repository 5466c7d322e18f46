"""What a person types: options, `latest`, filters, completion, the wrapper of the checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click
import pytest

import cli
from tests.support.runs_builder import sound_run
from tests.support.shell import LIMIT_S, ROOT, shell


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sound_run().write(tmp_path_factory.mktemp("runs") / "toy" / "run").root


def test_every_option_of_every_command_has_help() -> None:
    def bare(group: click.Group) -> list[str]:
        found = []
        for name in group.list_commands(click.Context(group)):
            command = group.get_command(click.Context(group), name)
            assert command is not None
            if isinstance(command, click.Group):
                found += bare(command)
            options = [each for each in command.params if isinstance(each, click.Option)]
            found += [f"{name} {each.opts[-1]}" for each in options if not each.help]
        return found

    assert bare(cli.squall) == []


def test_summaries_of_commands_are_not_cut() -> None:
    assert "..." not in shell("COLUMNS=80 $SQUALL --help").stdout.split("Commands:")[1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("report latest --runs-dir {runs}", 0, "PASS"),
        ("report --runs-dir {runs} ledger-killed/latest", 0, "PASS"),
        ("report latest --runs-dir /nowhere", 2, "no run is stored"),
        ("report {run} --intent 5", 0, "ledger_entries: 4 rows"),
        ("report {run} --intent 99999999", 2, "is not of this run"),
        ("report {run} --intent nothing --json", 2, "is not of this run"),
        ("runs --runs-dir {runs} --limit 1 ledger-killed", 0, "PASS"),
        ("runs --runs-dir {runs} ledger-kiled", 2, "did you mean `ledger-killed`"),
        ("run", 2, "Missing argument"),
        ("run --all bank-slow", 2, "either EXPERIMENT or --all"),
        ("run bank-slow answer-lost --outlet junit=/tmp/x.xml", 2, "give one EXPERIMENT"),
        ("run bank-slow no-such --no-fault", 2, "no experiment"),
        ("run bank-slow --phases fault_s=x", 2, "NAME=SECONDS"),
    ],
)
def test_what_a_command_does_with_these_words(
    words: str, code: int, said: str, stored: Path, tmp_path: Path
) -> None:
    line = words.format(run=stored, runs=stored.parent.parent)
    done = shell(f"$SQUALL {line}", SQUALL_STATE_DIR=str(tmp_path / "state"))
    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr


def test_each_run_is_one_line_in_a_pipe(stored: Path) -> None:
    shell(f"$SQUALL report {stored}")  # which stores the verdict
    lines = shell(f"$SQUALL runs --runs-dir {stored.parent.parent} | cat").stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].split()[0] == "PASS"
    assert lines[0].split()[-1] == str(stored)


def test_the_page_is_opened_in_the_browser_of_the_desktop(stored: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho $1 > {seen}\n")
    browser.chmod(0o755)
    done = shell(f"$SQUALL report {stored} --open", BROWSER=str(browser))
    assert done.returncode == 0
    assert seen.read_text().strip() == (stored / "report.html").as_uri()


def test_without_a_desktop_the_page_is_named(stored: Path) -> None:
    env = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "BROWSER": ""}
    done = shell(f"$SQUALL report {stored} --open", **env)
    assert done.returncode == 0
    assert f"open {stored / 'report.html'} in one" in done.stderr


def test_a_shell_completes_commands_experiments_and_runs(stored: Path) -> None:
    def completed(words: str) -> list[str]:
        env = {"_SQUALL_COMPLETE": "bash_complete", "COMP_WORDS": words}
        env["COMP_CWORD"] = str(len(words.split()))
        return [line.split(",")[-1] for line in shell("$SQUALL", **env).stdout.splitlines()]

    assert {"run", "report"} <= set(completed("squall "))
    assert "bank-slow" in completed("squall run ")
    assert "latest" in completed(f"squall report --runs-dir {stored.parent.parent} ")


def test_the_wrapper_of_the_checkout_works_from_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [ROOT / "squall", "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.stdout.startswith("squall ")


@pytest.mark.parametrize(
    "words",
    [
        "run {long}",
        "run ./{long}",
        "report {long}",
        "validate {long}",
        "report latest --{long}",
        "run bank-slow --seed {long}",
        "run bank-slow --scenario {long}",
        "run bank-slow --system {long}",
        "run bank-slow --target {long}",
        "init --openapi {long}",
        "{long}",
    ],
)
def test_long_words_are_never_echoed_whole(words: str, tmp_path: Path) -> None:
    line = words.format(long="x" * 5000)
    done = shell(f"$SQUALL {line}", SQUALL_STATE_DIR=str(tmp_path / "state"))
    assert done.returncode == 2, done.stderr[:200]
    assert len(done.stdout + done.stderr) < 1000
