"""Which instances a fault has struck: one rule for all that asks who went down by whose hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from harness.timeline import Event
from reports.measures.phases import FaultLife


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """An instance is struck by a fault on itself, or on its service as a whole (a rollout).

    A fault on one instance does not strike the others of its service: what happens to them is the
    work of the system.
    """

    lives: tuple[FaultLife, ...]
    services: Collection[str]

    def by_a_fault(self, event: Event) -> bool:
        """Whether a fault of the run has struck the instance that an event tells of."""
        return any(self._of(event))

    def while_on(self, event: Event, t0_mono_ns: int) -> bool:
        """Whether it tells of a time at which such a fault was on: from asked to proven undone."""
        at_s = event.at_s(t0_mono_ns)
        return any(
            life.at_s.get("asked", at_s) <= at_s <= life.at_s.get("verified_undone", at_s)
            for life in self._of(event)
        )

    def _of(self, event: Event) -> Iterable[FaultLife]:
        instance = instance_of(event)
        names = {instance, self._service(instance)}
        return (life for life in self.lives if life.target in names)

    def _service(self, instance: str) -> str:
        """The service with the longest name that the instance's name begins with.

        The only instance of a service is named like it.
        """
        if instance in self.services:
            return instance
        owners = [name for name in self.services if instance.startswith(f"{name}-")]
        return max(owners, key=len, default=instance)


def instance_of(event: Event) -> str:
    """The instance that an event of a target tells of."""
    return event.target or event.name
