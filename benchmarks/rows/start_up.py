"""start-up: how long a person waits for the first word, and for a whole system on this machine."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.driven_system import ROOT, started
from benchmarks.measuring import Case, Figures, Row
from harness.store import RunFolder

HELP_RUNS: Final = 5
HELP_LIMIT_S: Final = 10.0
HELP_GOAL_S: Final = 0.15
READY_GOAL_S: Final = 3.0


def row() -> Row:
    """The row."""
    return Row(
        name="start-up",
        meaning="the reference system from nothing (no database cluster, no process) to the "
        "payment path ready; and `squall --help`",
        cases=(
            Case(name="ready", unit="s", goal=READY_GOAL_S),
            Case(name="help", unit="s", goal=HELP_GOAL_S),
        ),
        ours=_measure,
    )


def _measure() -> Figures:
    return {"ready": ready_s(), "help": statistics.median(help_s() for _ in range(HELP_RUNS))}


def help_s() -> float:
    """One `squall --help`, from the start of its process to its end."""
    began_s = time.monotonic()
    subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "--help"],
        stdout=subprocess.DEVNULL,
        timeout=HELP_LIMIT_S,
        check=True,
    )
    return time.monotonic() - began_s


def ready_s() -> float:
    """From nothing to every instance ready and every edge open."""
    with tempfile.TemporaryDirectory() as root:
        began_s = time.monotonic()
        with started(RunFolder(Path(root) / "run")):
            return time.monotonic() - began_s
