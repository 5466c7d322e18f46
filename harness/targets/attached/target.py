"""The target attached: a system that runs already, known by the URLs of its services.

Nothing of it is started, stopped or killed. Its services are observed: an instance is ready while
its health path answers 2xx or, where none is declared, while its port takes connections. An edge
that the user routes through one of our proxies (`via: gateway`, `mesh` or `tcp`, with a `port`) can
be faulted; a supervisor on this machine runs the proxies and keeps the leases.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from harness.targets.local.client import SupervisedSystem

if TYPE_CHECKING:
    from harness.files.document import Node
    from harness.files.problems import Problem
    from harness.host.finding import Finding
    from harness.system import System


class AttachedTarget(SupervisedSystem):
    """Has the abilities Lifecycle, Deploys, Instances, EdgeFaults and Fetches."""

    @classmethod
    def preflight(cls, system: System, state_root: Path) -> tuple[Finding, ...]:
        """Whether each service answers, and what the proxies need of this machine."""
        from harness.targets.attached.preflight import preflight  # noqa: PLC0415  # the watchdog imports this module

        return preflight(system, state_root)

    @classmethod
    def deployment_problems(cls, root: Node, system: System) -> list[Problem]:
        """Services without a URL, and edges that cannot be routed through a proxy."""
        from harness.targets.attached.deployment_check import deployment_problems  # noqa: PLC0415  # as above

        return deployment_problems(root, system)
