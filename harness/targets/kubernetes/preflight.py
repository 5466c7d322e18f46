"""What a run needs of a cluster, checked before anything is started or written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from harness.errors import HarnessError
from harness.host.finding import Finding
from harness.system import System
from harness.targets.kubernetes.allow_list import (
    Identity,
    allow_list_path,
    allowed,
    read_allow_list,
)
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.connection import ApiError, Connection
from harness.targets.kubernetes.manifests import KUBECTL
from harness.targets.kubernetes.place import place_of
from harness.targets.kubernetes.rights import missing_rights


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
    path = allow_list_path()
    try:
        identity = identity_of(cluster)
        entry = allowed(read_allow_list(path), place.context, identity, path)
        yield _named("cluster", f"{place.context}: {identity.server}, allowed by {path}")
        refusal = entry.refusal(place.namespace)
        fix = f"list it under `namespaces` of {place.context} in {path}, or choose another one"
        yield _finding("namespace", refusal, fix, place.namespace)
        missing = missing_rights(cluster.connection, place)
    except HarnessError as error:
        yield Finding(name="cluster", ok=False, seen=str(error), fix="choose another --context")
        return
    needed = f"ask for the Role of deploy/kubernetes/role.yaml in {place.namespace}"
    said = f"not granted: {', '.join(missing)}" if missing else ""
    yield _finding("rights", said, needed, "granted by the API server")


def _program() -> Finding:
    found = shutil.which(KUBECTL)
    fix = "install kubectl; it renders and applies the manifests"
    return Finding(name="kubectl", ok=found is not None, seen=found or "not in PATH", fix=fix)


def _named(name: str, seen: str) -> Finding:
    return Finding(name=name, ok=True, seen=seen)


def _finding(name: str, refusal: str, fix: str, seen: str) -> Finding:
    return Finding(name=name, ok=not refusal, seen=refusal or seen, fix=fix)


def identity_of(cluster: Cluster) -> Identity:
    """Who the cluster is. Raises TargetError."""
    try:
        uid = cluster.cluster_id()
    except ApiError as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        uid = ""
    connection = cluster.connection
    return Identity(server=connection.server, ca=connection.ca_digest, cluster=uid)
