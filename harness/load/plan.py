"""How a load process finds its plan: the environment names the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from harness.errors import StoredRunError
from harness.store import LoadPlan, read_json

PLAN_VARIABLE: Final = "SQUALL_LOAD_PLAN"
SCENARIO_VARIABLE: Final = "SQUALL_LOAD_SCENARIO"  # of a worker that was started without a plan


def planned(environ: Mapping[str, str]) -> LoadPlan:
    """The plan of this run. Raises StoredRunError."""
    path = environ.get(PLAN_VARIABLE)
    if path is None:
        raise StoredRunError(f"{PLAN_VARIABLE} is not set: `squall run` starts this process")
    return read_json(Path(path), LoadPlan)


def scenario_of(environ: Mapping[str, str]) -> str:
    """The scenario that this process carries, by its plan or by name. Raises StoredRunError."""
    return environ.get(SCENARIO_VARIABLE) or planned(environ).scenario
