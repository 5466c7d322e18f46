"""Give an instance other environment variables: a wrong setting, or an armed failpoint.

The instance is ended in order and started again. If a variable makes it die, what keeps it running
starts it again; each next life gets the next variables of `lives`, the last ones stay. `deaths` is
how often it must die while the fault is on: with fewer deaths the judge does not count the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import FaultError
from harness.faults.base import AT_ONCE_S, Evidence, Proof, Seen
from harness.faults.on_instance import find_instance
from harness.targets.base import Target, able
from harness.targets.environment import Configures, Lives, wrong_lives


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Other variables of `instance`."""

    instance: str
    lives: Lives
    deaths: int = 0
    name: str = "environment"
    undo_action: str = "restore"
    look_again_s: float = AT_ONCE_S
    verify_within_s: float = 15.0  # it ends in order, which may take some seconds, and starts again

    @property
    def resource(self) -> str:
        """The instance."""
        return self.instance

    @property
    def held_as(self) -> str:
        """The resource: it has one fault at a time."""
        return self.resource

    def settings(self) -> Evidence:
        """The variables of each life, and the deaths that they must lead to."""
        told = "; ".join(" ".join(f"{k}={v}" for k, v in life.items()) for life in self.lives)
        return {"variables": told, "deaths": self.deaths}

    def look(self, target: Target) -> Seen:
        """Which life of it that is, and how often it has died by itself."""
        now = find_instance(target, self.instance)
        return Seen(identity=now.identity, deaths=now.deaths)

    def inject(self, target: Target, lease_s: float) -> None:
        """Restart it with the variables. Raises FaultError where it has them already."""
        if wrong := wrong_lives(self.lives):
            raise FaultError(f"lives: {wrong}")
        configures = able(target, Configures)
        own = configures.variables(find_instance(target, self.instance).identity)
        if own is not None and any(life.items() <= own.items() for life in self.lives):
            raise FaultError(f"{self.instance} has these variables already: nothing would change")
        configures.configure(self.instance, self.lives, lease_s)

    def verify(self, target: Target, before: Seen) -> Proof:
        """Proven when another life of it has the variables, by the kernel's word."""
        return self._look(target, before, between_lives=False)

    def held(self, target: Target, before: Seen) -> Proof:
        """Held while its process has them; until the next one is ready by its target's word."""
        return self._look(target, before, between_lives=True)

    def undo(self, target: Target) -> None:
        """Restart it with its own variables."""
        able(target, Configures).restore(self.instance)

    def verify_undone(self, target: Target, before: Seen, last: Seen) -> Proof:
        """Undone when it is ready in a life that has none of the variables."""
        del last
        now = find_instance(target, self.instance)
        own = able(target, Configures).variables(now.identity)
        clean = own is not None and not any(_has(own, life) for life in self.lives)
        evidence: Evidence = {
            "identity": now.identity,
            "identity_before": before.identity,
            "state": now.state,
        }
        return Proof(proven=clean and not now.variables and now.state == "ready", evidence=evidence)

    def _look(self, target: Target, before: Seen, *, between_lives: bool) -> Proof:
        now = find_instance(target, self.instance)
        own = able(target, Configures).variables(now.identity)
        on = own is not None and now.variables in self.lives and _has(own, now.variables)
        if between_lives and (own is None or now.state == "starting"):
            on = now.leased  # a process that starts may not have loaded its libraries yet
        evidence: Evidence = {
            "identity": now.identity,
            "state": now.state,
            "deaths": now.deaths - before.deaths,
        }
        return Proof(proven=on, evidence=evidence)


def _has(own: Mapping[str, str], life: Mapping[str, str]) -> bool:
    return life.items() <= own.items()
