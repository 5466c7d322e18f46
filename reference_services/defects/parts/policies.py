"""The policy table of payments with one of its limits changed on every edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reference_services.resilience.policy import EdgePolicy

Table = Mapping[str, EdgePolicy]


def on_every_edge(change: Callable[[EdgePolicy], EdgePolicy]) -> Callable[[Table], Table]:
    """What makes the changed table of the sound one."""
    return lambda sound: {name: change(policy) for name, policy in sound.items()}
