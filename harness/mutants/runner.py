"""Makes one cell: a run in a process of its own, with the defect in its environment."""

from __future__ import annotations

import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from harness.experiment import read_stored_experiment
from harness.mutants.cells import Cell, Pair, cell_of
from harness.mutants.short_form import RATE_SCALE, write_short
from harness.python_child import CHECKOUT, python_module
from harness.run.listing import experiment_path
from harness.safety.tied import tie

LIMIT_S: Final = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Runs short forms; `folder` has their files and their runs."""

    root: Path
    folder: Path
    system: Path

    def run(self, pair: Pair) -> Cell:
        """Run it and wait. Raises ConfigError, OSError; subprocess.TimeoutExpired after LIMIT_S."""
        defect, name, seed = pair
        short = write_short(experiment_path(self.root, name), self.folder / "experiments")
        began_s = time.monotonic()
        document = self._judged(short, defect, seed)
        objectives = read_stored_experiment(short).terms.objectives
        cell = cell_of(pair, document, {one.name: one.metric for one in objectives})
        return msgspec.structs.replace(cell, took_s=round(time.monotonic() - began_s, 1))

    def _judged(self, short: Path, defect: str, seed: int) -> dict[str, Any]:
        """verdict.json as `squall run --json` prints it; without a verdict if nothing was run."""
        words = ("run", str(short), "--seed", str(seed), "--rate-scale", str(RATE_SCALE), "--json")
        where = ("--runs-dir", str(self.folder / "runs"), "--system", str(self.system))
        done = subprocess.run(
            python_module("cli", *words, *where),
            cwd=CHECKOUT,
            env={**os.environ, "SQUALL_DEFECT": defect},
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
            preexec_fn=tie(),  # one thread here; the run ends with this process
        )
        found = json.loads(done.stdout or b"{}")
        return found if isinstance(found, dict) else {}
