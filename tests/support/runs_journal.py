"""The journal that Chaos Toolkit would have written for a sound run of an experiment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.chaos.script import Script, Step, read_script
from harness.timeline import Event

Document = dict[str, Any]


def sound_journal(experiment: Path, events: Sequence[Event]) -> Document:
    """Every activity succeeded; each injecting one returned the next of the faults asked."""
    script = read_script(experiment)
    first = {e.data.get("fault_id"): e for e in reversed(events) if e.source == "fault"}
    asked = list(reversed(first.values()))
    return {
        "status": "completed",
        "deviated": False,
        "steady_states": {"before": _met(script), "during": [], "after": _met(script)},
        "run": [_run(step, asked) for step in script.method],
        "rollbacks": [_run(step, asked) for step in script.rollbacks],
        "control_failures": [],
    }


def _met(script: Script) -> Document | None:
    if not script.probes:
        return None
    probes = [{**_run(step, []), "output": True, "tolerance_met": True} for step in script.probes]
    return {"steady_state_met": True, "probes": probes}


def _run(step: Step, asked: list[Event]) -> Document:
    activity = {"name": step.name, "type": "action", "background": step.background}
    run: Document = {"activity": activity, "status": "succeeded", "output": None}
    if step.fault:
        count = step.arguments.get("instances", 1)
        taken = [asked.pop(0) for _ in range(int(str(count))) if asked]
        run["output"] = [_injected(event, step) for event in taken]
    if step.has_tolerance:
        run["tolerance_met"] = True
    return run


def _injected(event: Event, step: Step) -> Document:
    service = {"service": step.arguments["service"]} if "service" in step.arguments else {}
    fault_id = event.data.get("fault_id", "")
    return {"fault": event.name, "target": event.target, "fault_id": fault_id, **service}
