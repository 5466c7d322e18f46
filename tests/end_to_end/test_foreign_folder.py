"""A run from a folder full of the user's own modules, stored under a relative, odd path."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from harness.store import RunFolder
from reports.verdict.judge import judge
from tests.support.squall_process import LIMIT_S, Place

SQUALL = Path(sys.executable).with_name("squall")


@pytest.mark.end_to_end
def test_a_run_imports_nothing_of_the_user_and_is_stored_where_it_was_asked_for(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path)
    folder = tmp_path / "my [folder]*"
    folder.mkdir()
    for name in ("logging", "yaml", "sitecustomize", "json", "locust", "uvicorn", "cli"):
        (folder / f"{name}.py").write_text("import os\nos._exit(99)\n")
    for name in ("harness", "scenarios", "reference_services"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("import os\nos._exit(99)\n")
    (folder / "mine").mkdir()
    place.experiment("bank-slow").replace(folder / "mine" / "experiment.yaml")
    done = subprocess.run(
        [str(SQUALL), "run", "mine/experiment.yaml", "--runs-dir", "a*b", "--system", place.system],
        cwd=folder,
        env=place.environment(PYTHONPATH=str(folder)),
        capture_output=True,
        text=True,
        timeout=LIMIT_S * 2,
        check=False,
    )
    (stored,) = (folder / "a*b").glob("mine/*Z")
    card = judge(RunFolder(stored))
    told = [reason.text for reason in card.document.reasons]
    assert done.returncode in (0, 1, 3), done.stderr
    assert card.document.load.started, told
    assert all(fault.verified_undone_s for fault in card.document.faults), told
    assert str(stored.relative_to(folder)) in done.stdout
