"""The local target: child processes of this machine under a supervisor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.targets.environment import Lives
from harness.targets.local.client import SupervisedSystem
from harness.targets.local.process_environment import environment_of
from harness.targets.local.protocol import Request
from harness.targets.records import InstanceStatus

if TYPE_CHECKING:
    from harness.files.document import Node
    from harness.files.problems import Problem
    from harness.host.finding import Finding
    from harness.system import System


class LocalTarget(SupervisedSystem):
    """Starts processes, kills, pauses and configures them, rolls out, faults edges, fetches."""

    @classmethod
    def preflight(cls, system: System, state_root: Path) -> tuple[Finding, ...]:
        """What its processes need of this machine."""
        from harness.targets.local.preflight import preflight  # noqa: PLC0415  # the watchdog imports this module

        return preflight(system, state_root)

    @classmethod
    def deployment_problems(cls, root: Node, system: System) -> list[Problem]:
        """What it cannot run."""
        from harness.targets.local.deployment_check import deployment_problems  # noqa: PLC0415  # as above

        return deployment_problems(root, system)

    def kill(self, instance: str, lease_s: float) -> InstanceStatus:
        """Kill (SIGKILL) and hold down until `revive` or the lease ends; who it was before."""
        return self._instance(Request(op="kill", resource=instance, lease_s=lease_s))

    def revive(self, instance: str) -> InstanceStatus:
        """Start a killed instance; returns at once (state starting). Nothing to do if it lives."""
        return self._instance(Request(op="revive", resource=instance))

    def pause(self, instance: str, lease_s: float) -> InstanceStatus:
        """Freeze (SIGSTOP the whole session) until `resume` or the lease ends."""
        return self._instance(Request(op="pause", resource=instance, lease_s=lease_s))

    def resume(self, instance: str) -> InstanceStatus:
        """Let it go on. Nothing to do if it was not paused."""
        return self._instance(Request(op="resume", resource=instance))

    def configure(self, instance: str, lives: Lives, lease_s: float) -> None:
        """Restart it; its next lives have these variables until `restore` or the lease ends."""
        given = tuple(map(dict, lives))
        self.ask(Request(op="configure", resource=instance, lives=given, lease_s=lease_s))

    def restore(self, instance: str) -> None:
        """Restart it with its own variables. Nothing to do if no others were given."""
        self.ask(Request(op="restore", resource=instance))

    def variables(self, identity: str) -> Mapping[str, str] | None:
        """The environment of that very process, by the kernel's word; None if it has ended."""
        return environment_of(identity)

    def roll_out(self, service: str) -> None:
        """End (SIGTERM) and start each instance in turn; returns at once."""
        self.ask(Request(op="roll_out", resource=service))

    def _instance(self, request: Request) -> InstanceStatus:
        return self.ask(request).instances[0]
