"""What a run or `services up` would change, without changing anything."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from harness.errors import ConfigError
from harness.experiment import Experiment
from harness.run.load_workers import planned_workers
from harness.run.opening import preflight
from harness.run.order import Order, refuse_unready
from harness.safety.state import State
from harness.system import System, SystemFiles
from harness.targets.cluster_abilities import Shows
from harness.targets.registry import target_type


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """One object that would be written, or one fault; `object` is what would be sent."""

    change: str
    kind: str
    name: str
    object: dict[str, Any] = {}


def planned(files: SystemFiles, state: State) -> tuple[Planned, ...]:
    """The objects that `services up` would apply. Raises ConfigError, RefusedError."""
    system = files.read()
    kind = target_type(system.target)
    if not issubclass(kind, Shows):
        raise ConfigError(f"--dry-run: the target {system.target} writes no objects; leave it out")
    refuse_unready(preflight(system.target, system, state.root))
    return tuple(_written("apply", one) for one in kind.objects(system, files.deployment))


def planned_load(order: Order) -> tuple[Planned, ...]:
    """The objects of load workers that run in the target."""
    return tuple(_written("create", one) for one in planned_workers(order))


def planned_faults(experiment: Experiment, system: System, seed: int) -> tuple[Planned, ...]:
    """The faults of the method: what each asks for, and of which parts it chooses."""
    radius = experiment.terms.blast_radius
    found = []
    for fault in experiment.faults:
        limit = {"seed": seed, "max_instances": radius.max_instances, "min_ready": radius.min_ready}
        options = {
            service.name: service.options
            for service in system.services
            if service.name in fault.targets
        }
        asked = {"instances": fault.instances, "of": options, **limit}
        name = ", ".join(fault.targets)
        found.append(Planned(change=fault.func, kind="fault", name=name, object=asked))
    return tuple(found)


def text_of(plans: tuple[Planned, ...]) -> str:
    """For a person: a line for each, then its object."""
    parts = [
        f"# {one.change} {one.kind} {one.name}\n{json.dumps(one.object, indent=1)}" for one in plans
    ]
    return "\n".join((*parts, f"# {len(plans)} in all; nothing was written"))


def _written(change: str, one: dict[str, Any]) -> Planned:
    name = str(one.get("metadata", {}).get("name", ""))
    return Planned(change=change, kind=str(one.get("kind", "")), name=name, object=one)
