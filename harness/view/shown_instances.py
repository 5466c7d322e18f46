"""The instances that the live view lists, with their states."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.timeline import Event


@dataclass(slots=True, kw_only=True)
class ShownInstances:
    """The state of each instance by its name.

    A target that replaces instances reports one as `deleted` and its successor under another name.
    The deleted one is listed until an instance of its service becomes ready in its place. A
    successor may also have the name of the deleted one.
    """

    states: dict[str, str] = field(default_factory=dict)
    _deleted: dict[str, str] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """One event of the kind `instance`."""
        name, state = event.name or event.target, str(event.data.get("state"))
        service = str(event.data.get("service", ""))
        self.states[name] = state
        if event.data.get("why") == "deleted":
            self._deleted[name] = service
        elif self._deleted.pop(name, None) is None and state == "ready":
            self._replace(service)

    def _replace(self, service: str) -> None:
        replaced = next((name for name, of in self._deleted.items() if of == service), None)
        if replaced is not None:
            del self._deleted[replaced]
            del self.states[replaced]
