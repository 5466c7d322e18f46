"""A run ends although a reader of its output goes away or signals are ignored."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.squall_process import LIMIT_S, Place, wait_until

EXIT = {"PASS": 0, "FAIL": 1, "INVALID": 3}


@pytest.mark.end_to_end
def test_a_run_ends_with_its_verdict_without_reader_and_terminal(tmp_path: Path) -> None:
    """Both streams lead to a pipe that its reader closes, and the terminal goes away."""
    place = Place(tmp_path)
    reading, writing = os.pipe()
    run = subprocess.Popen(
        place.command(*place.run_arguments(place.experiment("bank-slow"))),
        cwd=Path(__file__).parents[2],
        env=place.environment(FORCE_COLOR="1", TERM="xterm"),
        stdout=writing,
        stderr=writing,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # noqa: PLW1509  # as nohup does
    )
    os.close(writing)
    said = os.read(reading, 1 << 16)
    wait_until(lambda: place.has_event("run", "phase") or run.poll() is not None)
    assert run.poll() is None
    assert b"\x1b[" not in said
    os.close(reading)
    os.killpg(run.pid, signal.SIGHUP)
    run.wait(LIMIT_S * 2)
    assert run.returncode == EXIT[place.verdict()["verdict"]]
    assert not place.processes()
