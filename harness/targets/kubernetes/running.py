"""A system of this target as the process that brought it up sees it."""

from __future__ import annotations

from harness.safety.state import State
from harness.targets.kubernetes.lifecycle import KubernetesLifecycle
from harness.targets.kubernetes.place import forget_place


class InNamespace:
    """Implements harness.targets.base.Running.

    A run begins with empty databases, as on every target: what carries the labels of the system is
    removed and applied again. A system that was up before is left up. `alive` is always true: an
    API server that is away takes nothing of the system down.
    """

    alive = True

    def __init__(self, lifecycle: KubernetesLifecycle, state: State, *, hold: bool) -> None:
        self._lifecycle, self._state = lifecycle, state
        was_up = lifecycle.is_up()
        self._keep = was_up and not hold
        self.entry = ""
        if was_up and not hold:
            lifecycle.clear()
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
