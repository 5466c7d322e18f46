"""A system of this target as the process that brought it up sees it."""

from __future__ import annotations

from harness.safety.state import State
from harness.targets.kubernetes.lifecycle import KubernetesLifecycle
from harness.targets.kubernetes.place import forget_place


class InNamespace:
    """Implements harness.targets.base.Running.

    A system that was up before is used as it is, and left up. `alive` is always true: an API server
    that is away takes nothing of the system down.
    """

    alive = True

    def __init__(self, lifecycle: KubernetesLifecycle, state: State, *, hold: bool) -> None:
        self._lifecycle, self._state = lifecycle, state
        self._was_up = lifecycle.is_up()
        self._keep = self._was_up and not hold
        self.entry = ""
        if hold or not self._was_up:
            lifecycle.begin()

    def wait_ready(self) -> None:
        """Wait until all workloads are ready."""
        self._lifecycle.wait_ready()
        self.entry = self._lifecycle.entry()

    def keep(self) -> None:
        """It stays by itself."""
        self._keep = True

    def stop(self) -> None:
        """Remove what was brought up here. Raises TargetError."""
        if self._keep:
            return
        self._keep = True
        self._lifecycle.remove()
        forget_place(self._state)
