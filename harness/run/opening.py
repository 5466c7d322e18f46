"""Opens the target of a run by its word: what it needs of the machine, its start, its client."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.errors import ConfigError
from harness.host.finding import Finding
from harness.system import System
from harness.targets.base import Lifecycle, Running, Target, UpPlan
from harness.targets.registry import note_target, target_type


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A target and what runs it for this process."""

    target: Target
    running: Running


def preflight(word: str, system: System, state_root: Path) -> tuple[Finding, ...]:
    """What would stop a start of this system on this target. Raises ConfigError."""
    return _with_lifecycle(word).preflight(system, state_root)


def bring_up_target(word: str, plan: UpPlan) -> Opened:
    """Begin to start it; the state folder says from now on which target is up. Returns at once."""
    kind = target_type(word)
    note_target(plan.state, word)
    running = _with_lifecycle(word).up(plan)
    return Opened(target=kind.attach(plan.state), running=running)


def _with_lifecycle(word: str) -> type[Lifecycle]:
    kind = target_type(word)
    if not issubclass(kind, Lifecycle):
        raise ConfigError(f"target {word!r} cannot bring a system up; attach to it instead")
    return kind
