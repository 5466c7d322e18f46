"""An experiment in its short form: the same faults and objectives within some fifteen seconds.

The matrix has hundreds of cells, so each run is as short as its measures allow. Pauses shrink with
the fault phase; the spike becomes the steady traffic that it rises above. A fault that counts the
deaths of an instance keeps its time: a process does not start faster in a short run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError
from harness.experiment import EXTENSION
from harness.files.document import plain
from harness.files.yaml_file import checked_root, dump_document, read_document

PHASES: Final = {"warm_up_s": 1, "baseline_s": 5, "fault_s": 4, "recovery_s": 6, "drain_s": 6}
CONTROL: Final = {"warm_up_s": 1, "baseline_s": 5, "fault_s": 2, "recovery_s": 4, "drain_s": 6}
RATE_SCALE: Final = 0.6  # leaves room on a machine with two cores
HOLD_S: Final = 3
_STEADY: Final = {"payday_spike": "steady_payments"}


def write_short(source: Path, folder: Path) -> Path:
    """Write the short form into `folder/<name>/experiment.yaml`. Raises ConfigError, OSError."""
    values: dict[str, Any] = plain(checked_root(read_document(source)))
    place = folder / source.parent.name
    place.mkdir(parents=True, exist_ok=True)
    path = place / "experiment.yaml"
    path.write_bytes(dump_document(shortened(values, source)))
    return path


def shortened(values: dict[str, Any], source: Path) -> dict[str, Any]:
    """The values of the short form. Raises ConfigError where they are no experiment of ours."""
    extensions = values.get("extensions") or []
    terms = next((one for one in extensions if one.get("name") == EXTENSION), None)
    if terms is None:
        raise ConfigError(f"no extension named `{EXTENSION}`", file=source)
    phases = dict(CONTROL if terms.get("control") else PHASES)
    if any(_counts_deaths(step) for step in values["method"]):
        phases["fault_s"] = terms["phases"]["fault_s"]
    ratio = phases["fault_s"] / terms["phases"]["fault_s"]
    short = {
        **terms,
        "phases": phases,
        "hold_s": HOLD_S,
        "to_the_end": True,  # wrong records are proven under foreign load too
        "scenario": _STEADY.get(terms["scenario"], terms["scenario"]),
    }
    return {
        **values,
        "extensions": [short if one is terms else one for one in extensions],
        "method": [_paused(step, ratio) for step in values["method"]],
    }


def _paused(step: dict[str, Any], ratio: float) -> dict[str, Any]:
    if "pauses" not in step:
        return step
    return {**step, "pauses": {when: s * ratio for when, s in step["pauses"].items()}}


def _counts_deaths(step: dict[str, Any]) -> bool:
    """Whether the fault of this step waits for deaths."""
    arguments = (step.get("provider") or {}).get("arguments")
    return isinstance(arguments, dict) and bool(arguments.get("deaths"))
