"""The files of a watch: what a person gave as options, written as an experiment and a system."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from harness.errors import ConfigError
from harness.experiment import EXTENSION
from harness.files.yaml_file import dump_document
from harness.load.records import MAX_RUN_S
from harness.safety.state import State
from harness.system import SystemFiles

NAME: Final = "watch"
DRAIN_S: Final = 10.0
LEAST_S: Final = 20.0
_WARM_UP_MOST_S: Final = 5.0
_HOLD_MOST_S: Final = 10.0
_UNITS_S: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"\A(\d{1,6}(?:\.\d{1,3})?)(s|m|h)\Z")
_OBJECTIVE: Final = re.compile(r"\A([a-z_0-9]{1,100})(<=|>=)(\d{1,9}(?:\.\d{1,9})?)\Z")
USUAL_OBJECTIVE: Final = "stable_recovery_s<=60"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What is to be watched: `url` or `files`, the load, and what is good."""

    scenario: str
    for_s: float
    good_latency_ms: float
    good_target: float
    url: str | None = None
    files: SystemFiles | None = None
    objectives: tuple[str, ...] = field(default=(USUAL_OBJECTIVE,))


def seconds_of(word: str) -> float:
    """`90s`, `10m` or `1h` in seconds. Raises ConfigError."""
    found = _DURATION.match(word)
    for_s = float(found[1]) * _UNITS_S[found[2]] if found else 0.0
    most_s = MAX_RUN_S - DRAIN_S
    if not LEAST_S <= for_s <= most_s:
        allowed = f"{LEAST_S:g}s to {most_s:g}s, as 90s, 10m or 0.5h"
        raise ConfigError(f"--for: {word[:40]!r}: allowed: {allowed}; fix: write for example 10m")
    return for_s


def write_watch(watch: Watch, state: State) -> tuple[Path, SystemFiles]:
    """Write them into the state folder; where they are. Raises ConfigError, OSError."""
    folder = state.root / NAME
    folder.mkdir(mode=0o700, exist_ok=True)
    experiment = folder / f"{NAME}.yaml"
    experiment.write_bytes(dump_document(_experiment(watch)))
    if watch.files is not None:
        return experiment, watch.files
    system = folder / "system.yaml"
    system.write_bytes(dump_document(_system(watch.url or "")))
    return experiment, SystemFiles(system=system)


def _system(url: str) -> dict[str, Any]:
    return {
        "name": NAME,
        "target": "attached",
        "entry": "client>system",
        "services": [{"name": "system", "urls": [url]}],
        "edges": [{"name": "client>system", "via": "direct"}],
    }


def _experiment(watch: Watch) -> dict[str, Any]:
    warm_up_s = min(_WARM_UP_MOST_S, watch.for_s / 10)
    rest_s = watch.for_s - warm_up_s
    recovery_s = rest_s / 2
    what = watch.url or str(watch.files.system if watch.files else "")
    terms = {
        "name": EXTENSION,
        "question": f"What do the users of {what} feel of the marked faults?"[:1000],
        "scenario": watch.scenario,
        "watch": True,
        "phases": {
            "warm_up_s": warm_up_s,
            "baseline_s": rest_s / 4,
            "fault_s": rest_s / 4,
            "recovery_s": recovery_s,
            "drain_s": DRAIN_S,
        },
        "max_duration_s": watch.for_s + DRAIN_S,
        "blast_radius": {},
        "evidence": [],
        "good": {"latency_ms": watch.good_latency_ms, "target": watch.good_target},
        "hold_s": min(_HOLD_MOST_S, recovery_s),
        "objectives": [objective_of(text) for text in watch.objectives],
    }
    return {
        "title": "A watch: load and records are ours, the faults are not",
        "description": "Written by `squall watch`.",
        "extensions": [terms],
        "method": [],
    }


def objective_of(text: str) -> dict[str, Any]:
    """An objective as an experiment states it. Raises ConfigError."""
    found = _OBJECTIVE.match(text.replace(" ", ""))
    if found is None:
        allowed = "METRIC<=NUMBER or METRIC>=NUMBER"
        fix = f"write for example {USUAL_OBJECTIVE}"
        raise ConfigError(f"--objective: {text[:80]!r}: allowed: {allowed}; fix: {fix}")
    return {"name": text, "metric": found[1], "must": found[2], "limit": float(found[3])}
