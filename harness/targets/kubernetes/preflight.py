"""What a run needs of a cluster, checked before anything is started or written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.errors import HarnessError
from harness.host.finding import Finding
from harness.system import System
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.connection import Connection
from harness.targets.kubernetes.manifests import KUBECTL
from harness.targets.kubernetes.place import Place, place_of


def preflight(system: System, state_root: Path) -> tuple[Finding, ...]:
    """One finding for each check; the first that fails ends them."""
    del state_root
    found: list[Finding] = []
    for finding in _checks(system):
        found.append(finding)
        if not finding.ok:
            break
    return tuple(found)


def _checks(system: System) -> Iterator[Finding]:
    try:
        place = place_of(system, None)
    except HarnessError as error:
        yield Finding(name="place", ok=False, seen=str(error), fix="give --context and --namespace")
        return
    yield _program()
    cluster = Cluster(place, Connection(place.context, place.kubeconfig))
    yield _answers(cluster, place)


def _program() -> Finding:
    found = shutil.which(KUBECTL)
    fix = "install kubectl; it renders and applies the manifests"
    return Finding(name="kubectl", ok=found is not None, seen=found or "not in PATH", fix=fix)


def _answers(cluster: Cluster, place: Place) -> Finding:
    fix = f"check the context {place.context} with `kubectl --context {place.context} version`"
    try:
        cluster_id = cluster.cluster_id()
        server = cluster.connection.server
    except HarnessError as error:
        return Finding(name="cluster", ok=False, seen=str(error), fix=fix)
    return Finding(name="cluster", ok=True, seen=f"{place.context}: {server}, id {cluster_id}")
