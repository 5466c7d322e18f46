"""Whether the target of the system has the ability that a fault asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from harness.errors import ConfigError
from harness.files.problems import Problem, listed
from harness.system import System
from harness.targets import base
from harness.targets.cluster_abilities import Crashes, CutsNetwork, Drains, RollsOut
from harness.targets.environment import Configures
from harness.targets.registry import target_type
from harness.validation.method import MethodStep

_OF_INSTANCES: Final[dict[str, type]] = {
    "inject_kill": base.Kills,
    "inject_pause": base.Pauses,
    "inject_environment": Configures,
    "inject_crash": Crashes,
    "inject_drain": Drains,
    "inject_scale": base.Scales,
    "inject_rollout": RollsOut,
    "inject_cut": CutsNetwork,
}
_FAULTS: Final = (*dict.fromkeys(_OF_INSTANCES.values()), base.EdgeFaults, base.Partitions)


def ability_problems(steps: Sequence[MethodStep], system: System) -> Iterator[Problem]:
    """One problem for each fault that this target cannot do at all."""
    try:
        kind = target_type(system.target)
    except ConfigError:
        return  # the check of the system file says it
    for step in steps:
        needed = _OF_INSTANCES.get(step.func, base.EdgeFaults)
        if step.injects and not issubclass(kind, needed):
            node = step.provider.child("func") or step.node
            has = [one.__name__ for one in _FAULTS if issubclass(kind, one)]
            yield Problem(
                line=node.line,
                key=f"{step.at}.provider.func",
                value=node.value,
                wrong=f"the target {system.target} has not the ability {needed.__name__}",
                allowed=f"faults that need {listed(has)}",
                fix="take another fault, or another target",
            )
