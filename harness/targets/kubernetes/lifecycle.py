"""Brings a system up in its namespace and removes it: by its labels, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from harness.errors import ConfigError, RefusedError, TargetError
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.connection import ApiError
from harness.targets.kubernetes.manifests import apply, namespace_object, rendered
from harness.targets.kubernetes.objects import CORE, Bare, BareList, Meta
from harness.targets.kubernetes.place import OWNER, PART_OF, SYSTEM
from harness.targets.kubernetes.pod_troubles import hopeless, states

READY_LIMIT_S: Final = 180.0
DOWN_LIMIT_S: Final = 90.0
_LOOK_AGAIN_S: Final = 0.5
_IMMUTABLE: Final = "field is immutable"
# What may carry the labels of a system, in the order of removal: what makes pods goes first.
REMOVED: Final = (
    "/apis/autoscaling/v2/{}/horizontalpodautoscalers",
    "/apis/batch/v1/{}/cronjobs",
    "/apis/batch/v1/{}/jobs",
    "/apis/apps/v1/{}/deployments",
    "/apis/apps/v1/{}/statefulsets",
    "/apis/apps/v1/{}/replicasets",
    "/api/v1/{}/pods",
    "/apis/policy/v1/{}/poddisruptionbudgets",
    "/apis/networking.k8s.io/v1/{}/networkpolicies",
    "/api/v1/{}/services",
    "/api/v1/{}/configmaps",
    "/api/v1/{}/secrets",
    "/api/v1/{}/persistentvolumeclaims",
    "/apis/rbac.authorization.k8s.io/v1/{}/rolebindings",
    "/apis/rbac.authorization.k8s.io/v1/{}/roles",
    "/api/v1/{}/serviceaccounts",
)


class KubernetesLifecycle:
    """The start and the end of one system."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._place = cluster, cluster.place

    def is_up(self) -> bool:
        """Whether anything of it is there."""
        return bool(self._cluster.workloads())

    def begin(self) -> None:
        """Apply the overlay, in a namespace that is made if it is missing."""
        objects = rendered(self._place)
        found = self._cluster.namespace()
        if found is None:
            self._cluster.connection.create(f"{CORE}/namespaces", namespace_object(self._place))
        elif found.deletion_timestamp:
            text = f"namespace {self._place.namespace} is being deleted"
            raise RefusedError(f"{text}; wait until it is gone")
        try:
            apply(self._place, objects)
        except TargetError as error:
            if _IMMUTABLE not in str(error):
                raise
            self.clear()  # another version of the system is up: it cannot become this one
            apply(self._place, objects)

    def wait_ready(self, limit_s: float = READY_LIMIT_S) -> None:
        """Until each workload has all its replicas ready. Raises TargetError that says why not."""
        ends = time.monotonic() + limit_s
        while True:
            workloads = self._cluster.workloads()
            waiting = [w for w in workloads if not w.ready]
            if workloads and not waiting:
                return
            pods = self._cluster.pods()
            stuck = [why for pod in pods for why in hopeless(pod)]
            names = ", ".join(f"{w.kind} {w.metadata.name}" for w in waiting) or "no workload"
            if stuck:
                raise TargetError(f"{names} cannot become ready: {'; '.join(stuck[:3])}")
            if time.monotonic() >= ends:
                what = "; ".join(states(pods)) or "there are no pods"
                raise TargetError(f"not ready after {limit_s:g} s: {names}: {what}"[:2000])
            time.sleep(_LOOK_AGAIN_S)

    def entry(self) -> str:
        """The URL of the entry Service, as this machine reaches it. Raises ConfigError."""
        name, _, port = self._place.entry.partition(":")
        if not name or not port.isdigit():
            raise ConfigError("options.entry of the deployment file: write SERVICE:PORT")
        service = self._cluster.service(name)
        for address in service.status.load_balancer.ingress:
            return f"http://{address.ip or address.hostname}:{port}"
        open_ports = [p for p in service.spec.ports if p.port == int(port)]
        if service.spec.type == "NodePort" and open_ports:
            return f"http://{self._node_address()}:{open_ports[0].node_port}"
        return f"http://{service.spec.cluster_ip}:{port}"

    def remove(self) -> int:
        """Remove all that carries the labels; returns how many objects, when they are gone."""
        removed = self.clear()
        found = self._cluster.namespace()
        if found is not None and _is_ours(found, self._place.system):
            removed += self._cluster.connection.delete(f"{CORE}/namespaces/{self._place.namespace}")
            self._wait_no_namespace()
        return removed

    def clear(self) -> int:
        """The same without the namespace itself."""
        removed = 0
        for path in self._removed_paths():
            for item in self._labelled(path):
                name = item.metadata.name
                options = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
                removed += self._cluster.connection.delete(f"{path}/{name}", options)
        self._wait_gone()
        return removed

    def _removed_paths(self) -> Iterator[str]:
        yield from (path.format(f"namespaces/{self._place.namespace}") for path in REMOVED)

    def _labelled(self, path: str) -> tuple[Bare, ...]:
        try:
            return self._cluster.read(BareList, path, labelSelector=self._place.labels).items
        except ApiError as error:
            if error.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
                return ()  # no such kind here, or nothing that we could have made
            raise

    def _wait_gone(self) -> None:
        ends = time.monotonic() + DOWN_LIMIT_S
        while left := self._cluster.pods():
            if time.monotonic() >= ends:
                names = ", ".join(pod.metadata.name for pod in left[:5])
                raise TargetError(f"not gone after {DOWN_LIMIT_S:g} s: {names}")
            time.sleep(_LOOK_AGAIN_S)

    def _wait_no_namespace(self) -> None:
        ends = time.monotonic() + DOWN_LIMIT_S
        while self._cluster.namespace() is not None:
            if time.monotonic() >= ends:
                text = f"namespace {self._place.namespace} is not gone after {DOWN_LIMIT_S:g} s"
                raise TargetError(text)
            time.sleep(_LOOK_AGAIN_S)

    def _node_address(self) -> str:
        for node in self._cluster.nodes():
            for address in node.status.addresses:
                if address.type == "InternalIP":
                    return address.address
        raise TargetError("no node has an address")


def _is_ours(namespace: Meta, system: str) -> bool:
    labels = namespace.labels
    return labels.get(PART_OF) == OWNER and labels.get(SYSTEM) == system
