"""Every command of docs/tutorial is executed in one folder; its first and last run are real ones.

`squall run` takes 20 s and more, so the others are replaced by `squall validate` of the same files.
The first one runs what `squall init` writes, with shorter phases; the last one runs the scenario,
check and fault that the pages before it have written.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.squall_process import ROOT, Place

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]
PAGES = sorted((ROOT / "docs" / "tutorial").glob("[1-9]-*.md"))
BLOCK = re.compile(r"(?:<!-- file: (\S+) -->\n)?```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHORTER = " --rate-scale 2 --phases warm_up_s=1,baseline_s=5,fault_s=2,recovery_s=8,drain_s=1"
REAL = {"1-first-run.md": SHORTER, "4-own-fault.md": ""}  # and what is added to the command
VERDICT = {"1-first-run.md": "; records: not checked.", "4-own-fault.md": "every record is right"}
LIMIT_S = 120


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder with a `squall` that leads to this checkout."""
    place = Place(tmp_path_factory.mktemp("tutorial"))
    folder = place.root / "mine"
    folder.mkdir()
    command = place.root / "bin" / "squall"
    command.parent.mkdir()
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import cli; cli.main()"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{start}" "$@"\n')
    command.chmod(0o755)
    return place


def commands(page: Path, folder: Path) -> Iterator[str]:
    """The commands of a page in order; files are written when their place in it is reached."""
    for file, kind, text in BLOCK.findall(page.read_text()):
        if file:
            (folder / file).write_text(text)
        elif kind == "sh":
            yield from text.splitlines()


def execute(place: Place, line: str) -> subprocess.CompletedProcess[str]:
    path = f"{place.root / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    return subprocess.run(
        ["bash", "-c", line],
        cwd=place.root / "mine",
        env=place.environment(PATH=path, SQUALL=str(ROOT)),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def undisturbed(place: Place, line: str) -> subprocess.CompletedProcess[str]:
    """A run is repeated, at most twice, if other processes took the CPU."""
    done = execute(place, line)
    for _ in range(2):
        if not done.stdout.startswith("INVALID") or "Other processes" not in done.stdout:
            break
        done = execute(place, line)
    return done


def allowed(line: str) -> set[int]:
    """Exit codes of a correct command: `doctor` exits with 2 on a machine with other load."""
    return {0, 2} if line.startswith("squall doctor") else {0}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_works(place: Place, page: Path) -> None:
    lines = list(commands(page, place.root / "mine"))
    assert lines
    for line in lines:
        if line.startswith("squall run ") and page.name in REAL:
            done = undisturbed(place, line + REAL[page.name])
            first = done.stdout.partition("\n")[0]
            assert first.startswith("PASS"), done.stdout + done.stderr
            assert VERDICT[page.name] in first
        else:
            done = execute(place, line.replace("squall run ", "squall validate ", 1))
        assert done.returncode in allowed(line), f"{line}\n{done.stdout}{done.stderr}"
