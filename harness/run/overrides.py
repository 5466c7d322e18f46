"""What a person changes of an experiment for one run: phases, objectives, or no fault at all.

The changed experiment is written as a file of its own: it is checked like every other, and the
stored run holds what was run.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError
from harness.experiment import EXTENSION, Phases, experiment_name
from harness.files.document import plain
from harness.files.problems import fix_name
from harness.files.yaml_file import checked_root, dump_document, read_document
from harness.load.records import MAX_RUN_S
from harness.load.scenario import planned_word
from harness.run.watch_files import objective_of
from harness.safety.state import State

FOLDER: Final = "changed"
WITHOUT: Final = "-no-fault"
_PHASE: Final = re.compile(r"\A([a-z_]{1,40})=(\d{1,5}(?:\.\d{1,3})?)\Z")
_PAUSES: Final = ("before", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Phases as `fault_s=5,recovery_s=20`, objectives as `METRIC<=NUMBER`."""

    phases: str = ""
    objectives: tuple[str, ...] = ()
    no_fault: bool = False

    @property
    def words(self) -> list[str]:
        """As they are typed."""
        words = ["--no-fault"] if self.no_fault else []
        words += ["--phases", self.phases] if self.phases else []
        return words + [word for text in self.objectives for word in ("--objective", text)]

    def typed_again(self, again: str, changed: str, original: str) -> str:
        """The command that repeats the run from the original file."""
        if not self.words:
            return again
        command = again.replace(shlex.quote(changed), shlex.quote(original))
        return f"{command} {shlex.join(self.words)}"


def write_changed(experiment: Path, overrides: Overrides, state: State) -> Path:
    """The file to run: the given one where nothing is changed. Raises ConfigError, OSError."""
    if not overrides.words:
        return experiment
    values = plain(checked_root(read_document(experiment)))
    terms = _terms(values)
    if terms is None:
        return experiment  # the check of files says what is wrong with it
    if terms.get("scenario"):
        terms["scenario"] = planned_word(str(terms["scenario"]), experiment.parent)
    changed_values(values, overrides)
    name = f"{experiment_name(experiment)}{WITHOUT if overrides.no_fault else ''}"
    folder = state.root / FOLDER / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "experiment.yaml"
    path.write_bytes(dump_document(values))
    return path


def changed_values(values: dict[str, Any], overrides: Overrides) -> None:
    """Change the values of an experiment file. Raises ConfigError."""
    terms = _terms(values)
    if terms is None:
        return
    _change_phases(values, terms, overrides.phases)
    if overrides.objectives:
        terms["objectives"] = [objective_of(text) for text in overrides.objectives]
    if overrides.no_fault:
        _without_fault(values, terms)


def _terms(values: Any) -> dict[str, Any] | None:  # noqa: ANN401  # the values of any file
    """The extension of a file that has the shape of an experiment."""
    extensions = values.get("extensions") if isinstance(values, dict) else None
    for each in extensions if isinstance(extensions, list) else ():
        if isinstance(each, dict) and each.get("name") == EXTENSION:
            return each
    return None


def _change_phases(values: dict[str, Any], terms: dict[str, Any], text: str) -> None:
    phases = terms.get("phases")
    if not text or not isinstance(phases, dict):
        return
    before = dict(phases)
    phases |= dict(_phase(word) for word in text.replace(" ", "").split(","))
    old, new = before.get("fault_s"), phases.get("fault_s")
    if isinstance(old, int | float) and old and isinstance(new, float):
        _scale_pauses(values, new / old)
    lengths = [value for value in phases.values() if isinstance(value, int | float)]
    if len(lengths) == len(Phases.__struct_fields__):
        terms["max_duration_s"] = min(max(sum(lengths), terms.get("max_duration_s", 0)), MAX_RUN_S)


def _phase(word: str) -> tuple[str, float]:
    known = Phases.__struct_fields__
    found = _PHASE.match(word)
    if found is None or found[1] not in known:
        name = word.partition("=")[0]
        fix = fix_name(name, known) if name not in known else "write for example fault_s=5"
        allowed = "NAME=SECONDS, several with commas"
        raise ConfigError(f"--phases: {word[:80]!r}: allowed: {allowed}; fix: {fix}")
    return found[1], float(found[2])


def _scale_pauses(values: dict[str, Any], by: float) -> None:
    """The pauses of the method hold the fault, so they last as much longer as its phase."""
    method = values.get("method")
    for activity in method if isinstance(method, list) else ():
        pauses = activity.get("pauses") if isinstance(activity, dict) else None
        if not isinstance(pauses, dict):
            continue
        for key in _PAUSES:
            if isinstance(pauses.get(key), int | float):
                pauses[key] = round(pauses[key] * by, 3)


def _without_fault(values: dict[str, Any], terms: dict[str, Any]) -> None:
    """The same load and the same phases, and nothing that is done to the system."""
    values["title"] = f"Control run without a fault: {values.get('title', '')}"[:300]
    values["method"] = [_look(terms)]
    values.pop("rollbacks", None)
    terms["control"] = True
    terms["blast_radius"] = {}
    terms.pop("faults", None)


def _look(terms: dict[str, Any]) -> dict[str, Any]:
    """A method must have an activity: a look at the system, and the length of the phase."""
    phases = terms.get("phases")
    fault_s = phases.get("fault_s") if isinstance(phases, dict) else None
    return {
        "type": "probe",
        "name": "every-instance-is-still-ready",
        "provider": {"type": "python", "module": "harness.chaos.probes", "func": "all_ready"},
        "pauses": {"after": fault_s if isinstance(fault_s, int | float) else 0},
    }
