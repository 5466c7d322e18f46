"""How a load process finds its plan: the environment names the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from harness.errors import StoredRunError
from harness.store import LoadPlan, read_json

PLAN_VARIABLE: Final = "SQUALL_LOAD_PLAN"


def planned(environ: Mapping[str, str]) -> LoadPlan:
    """The plan of this run. Raises StoredRunError."""
    path = environ.get(PLAN_VARIABLE)
    if path is None:
        raise StoredRunError(f"{PLAN_VARIABLE} is not set: `squall run` starts this process")
    return read_json(Path(path), LoadPlan)
