"""`--outlet` writes each form, and is checked before anything starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands.outlets import KINDS
from reports.outlets.registry import OUTLETS
from tests.support.runs_builder import sound_run
from tests.support.typed import squall


def test_every_outlet_can_be_asked_for() -> None:
    assert set(KINDS) == set(OUTLETS)


def test_report_writes_every_outlet_beside_its_verdict(tmp_path: Path) -> None:
    run = sound_run().write(tmp_path / "run")
    words = [word for kind in KINDS for word in ("--outlet", f"{kind}={tmp_path / kind}")]
    done = squall("report", str(run.root), "--json", *words)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["verdict"] == "PASS"
    assert all((tmp_path / kind).read_bytes() for kind in KINDS)


def test_an_outlet_may_go_to_the_standard_output(tmp_path: Path) -> None:
    run = sound_run().write(tmp_path / "run")
    done = squall("report", str(run.root), "--outlet", "annotations=/dev/stdout")
    assert "::notice title=PASS" in done.stdout


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("junitt=a.xml", "did you mean `junit`?"),
        ("junit", "write --outlet junit=FILE"),
        ("junit=", "write --outlet junit=FILE"),
        ("junit=/nowhere/at/all.xml", "cannot be a file"),
    ],
)
def test_a_wrong_outlet_ends_before_the_start(word: str, told: str, tmp_path: Path) -> None:
    done = squall("report", str(tmp_path), "--outlet", word)
    assert done.returncode == 2
    assert told in done.stderr


def test_a_file_that_cannot_be_written_does_not_change_the_exit_code(tmp_path: Path) -> None:
    run = sound_run().write(tmp_path / "run")
    done = squall("report", str(run.root), "--outlet", "badge=/dev/full")
    assert done.returncode == 0
    assert "/dev/full: not written: No space left" in done.stderr
