"""Synthetic runs that several rounds share: made once a process, gone with it."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from benchmarks.synthetic_run import write_run
from harness.store import RunFolder


@cache
def _root() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="squall-bench-")


@cache
def synthetic_run(attempts: int, *, evidence: bool) -> RunFolder:
    """A sealed run of that many attempts, with the evidence of each payment or with none."""
    name = f"{attempts}{'-evidence' if evidence else ''}"
    return write_run(Path(_root().name) / name, attempts, evidence=evidence)
