"""One run from a folder full of the user's own modules, whose reader and terminal go away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.store import RunFolder
from reports.verdict.judge import judge
from reports.verdict.scorecard import Scorecard
from tests.support.squall_process import LIMIT_S, Place, wait_until

pytestmark = [pytest.mark.end_to_end, pytest.mark.alone]

SQUALL = Path(sys.executable).with_name("squall")
EXIT = {"PASS": 0, "FAIL": 1, "INVALID": 3}
ENDS_THE_PROCESS = "import os\nos._exit(99)\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What the run said before its reader went away, and what it left."""

    place: Place
    said: bytes
    code: int
    judged: Scorecard


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    place = Place(tmp_path_factory.mktemp("foreign"))
    folder = place.root / "my [folder]*"
    folder.mkdir()
    for name in ("logging", "yaml", "sitecustomize", "json", "locust", "uvicorn", "cli"):
        (folder / f"{name}.py").write_text(ENDS_THE_PROCESS)
    for name in ("harness", "scenarios", "reference_services"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(ENDS_THE_PROCESS)
    (folder / "mine").mkdir()
    place.experiment("bank-slow").replace(folder / "mine" / "experiment.yaml")
    said, code = _run_whose_reader_goes_away(place, folder)
    (stored,) = (folder / "a*b").glob("mine/*Z")
    return Ran(place=place, said=said, code=code, judged=judge(RunFolder(stored)))


def _run_whose_reader_goes_away(place: Place, folder: Path) -> tuple[bytes, int]:
    """Both streams lead to a pipe that its reader closes, and the terminal goes away."""
    reading, writing = os.pipe()
    run = subprocess.Popen(
        [str(SQUALL), "run", "mine/experiment.yaml", "--runs-dir", "a*b", "--system", place.system],
        cwd=folder,
        env=place.environment(PYTHONPATH=str(folder), FORCE_COLOR="1", TERM="xterm"),
        stdout=writing,
        stderr=writing,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # noqa: PLW1509  # as nohup does
    )
    os.close(writing)
    said = os.read(reading, 1 << 16)
    wait_until(lambda: _has_phase(folder) or run.poll() is not None)
    assert run.poll() is None, said
    os.close(reading)
    os.killpg(run.pid, signal.SIGHUP)
    return said, run.wait(LIMIT_S * 2)


def _has_phase(folder: Path) -> bool:
    return any(b'"phase"' in path.read_bytes() for path in folder.glob("a[*]b/*/*/timeline.ndjson"))


def test_a_run_imports_nothing_of_the_user_and_is_stored_where_it_was_asked_for(ran: Ran) -> None:
    told = [reason.text for reason in ran.judged.document.reasons]
    assert ran.judged.document.load.started, told
    assert all(fault.verified_undone_s for fault in ran.judged.document.faults), told


def test_a_run_ends_with_its_verdict_without_reader_and_terminal(ran: Ran) -> None:
    assert b"\x1b[" not in ran.said
    assert ran.code == EXIT[ran.judged.verdict]
    assert not ran.place.processes()
