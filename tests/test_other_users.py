"""Commands of a user who may not write to a run, or not enter the folder that he names."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.store import RunFolder
from tests.support.runs_builder import sound_run
from tests.support.shell import shell

OTHER = 65534
AS_OTHER = f"setpriv --reuid {OTHER} --regid {OTHER} --clear-groups" if os.getuid() == 0 else ""


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that other users may enter; each start of pytest closes its own folders to them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_a_run_that_cannot_be_written_is_judged_all_the_same(public: Path) -> None:
    """As another user who may only read: the verdict is printed and its code is the verdict's."""
    run = public / "run"
    sound_run().write(run)
    RunFolder(run).verdict.unlink(missing_ok=True)
    for path in (run, *run.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = shell(f"{AS_OTHER} $SQUALL report {run}", HOME="/nonexistent")
    run.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("PASS ")
    assert "not stored: Permission denied" in done.stdout
    assert "not stored: Permission denied" in done.stderr
    assert not RunFolder(run).verdict.exists()


@pytest.mark.parametrize(
    "command",
    [
        "report {it}/run",
        "report latest --runs-dir {it}",
        "runs --runs-dir {it}",
        "trend --runs-dir {it}",
        "seal {it}/run",
        "verify {it}/pack.zip",
        "verdict serve {it}/run",
        "validate {it}/experiment.yaml",
        "validate --system {it}/system.yaml",
        "doctor --system {it}/system.yaml",
        "gate {it}/suite.yaml",
        "gate suites/ci.yaml --baseline {it}/campaign",
        "noise {it}/experiment.yaml",
        "run {it}/experiment.yaml",
        "run bank-slow --deployment {it}/local.yaml",
        "run bank-slow --outlet junit={it}/junit.xml",
        "mutants --cells {it}/cells.ndjson",
        "services up --system {it}/system.yaml",
    ],
)
def test_a_folder_that_may_not_be_entered_is_named_and_nothing_is_started(
    command: str, public: Path
) -> None:
    closed = public / "closed" / "folder"
    closed.mkdir(parents=True)
    closed.parent.chmod(0o700 if AS_OTHER else 0)
    state = public / "state"
    state.mkdir(mode=0o700)
    os.chown(state, OTHER if AS_OTHER else -1, -1)
    line = f"{AS_OTHER} $SQUALL {command.format(it=closed)}"
    done = shell(line, HOME="/nonexistent", SQUALL_STATE_DIR=str(state))
    closed.parent.chmod(0o700)
    assert (done.returncode, str(closed.parent) in done.stderr) == (2, True), done.stderr
