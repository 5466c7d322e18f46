"""What this target asks of the cluster, by the system's labels and in its namespace."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, Generic, TypeVar

import msgspec

from harness.errors import TargetError
from harness.targets.kubernetes.connection import ApiError, Connection
from harness.targets.kubernetes.objects import (
    CORE,
    Bare,
    Meta,
    Node,
    NodeList,
    Pod,
    PodList,
    Service,
    Workload,
    WorkloadList,
    pods_path,
    workloads_path,
)
from harness.targets.kubernetes.place import Place, ServicePlace

KINDS: Final = ("Deployment", "StatefulSet")
RECENT_S: Final = 0.1
Decoded = TypeVar("Decoded")
Kept = TypeVar("Kept")


class Recent(Generic[Kept]):
    """An answer that is asked for again after a tenth of a second. Safe from any thread.

    Proofs are looked for every 50 ms, with several questions each.
    """

    def __init__(self, read: Callable[[], Kept]) -> None:
        self._read, self._lock = read, threading.Lock()
        self._kept: tuple[float, Kept] | None = None

    def get(self) -> Kept:
        """The answer."""
        with self._lock:
            now = time.monotonic()
            if self._kept is None or now - self._kept[0] > RECENT_S:
                self._kept = (now, self._read())
            return self._kept[1]


class Cluster:
    """Reads of one place. Every method raises TargetError."""

    def __init__(self, place: Place, connection: Connection) -> None:
        self.place, self.connection = place, connection
        self._pods = Recent(self._read_pods)
        self._workloads = Recent(self._read_workloads)

    def pods(self) -> tuple[Pod, ...]:
        """All pods of the system, by name."""
        return self._pods.get()

    def workloads(self) -> tuple[Workload, ...]:
        """All Deployments and StatefulSets of the system."""
        return self._workloads.get()

    def _read_pods(self) -> tuple[Pod, ...]:
        path = pods_path(self.place.namespace)
        found = self.read(PodList, path, labelSelector=self.place.labels)
        return tuple(sorted(found.items, key=lambda pod: pod.metadata.name))

    def _read_workloads(self) -> tuple[Workload, ...]:
        found: list[Workload] = []
        for kind in KINDS:
            path = workloads_path(self.place.namespace, kind)
            items = self.read(WorkloadList, path, labelSelector=self.place.labels).items
            found += [msgspec.structs.replace(item, kind=kind) for item in items]
        return tuple(found)

    def workload_of(self, service: ServicePlace) -> Workload | None:
        """The workload that makes the pods of a service."""
        labels = labels_of(service)
        for workload in self.workloads():
            if labels.items() <= workload.spec.template.metadata.labels.items():
                return workload
        return None

    def fresh(self, workload: Workload) -> Workload:
        """The same workload, asked for now."""
        path = workloads_path(self.place.namespace, workload.kind, workload.metadata.name)
        return msgspec.structs.replace(self.read(Workload, path), kind=workload.kind)

    def service(self, name: str) -> Service:
        """A Service by name."""
        return self.read(Service, f"{CORE}/namespaces/{self.place.namespace}/services/{name}")

    def nodes(self) -> tuple[Node, ...]:
        """All nodes of the cluster."""
        return self.read(NodeList, f"{CORE}/nodes").items

    def cluster_id(self) -> str:
        """What names the cluster for as long as it lives: the uid of namespace kube-system."""
        return self.read(Pod, f"{CORE}/namespaces/kube-system").metadata.uid

    def namespace(self) -> Meta | None:
        """The metadata of its namespace; None if there is none."""
        try:
            return self.read(Bare, f"{CORE}/namespaces/{self.place.namespace}").metadata
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def read(self, kind: type[Decoded], path: str, **query: Any) -> Decoded:  # noqa: ANN401  # goes into the URL
        """An object of that kind."""
        return decoded(kind, path, self.connection.get(path, **query))


def decoded(kind: type[Decoded], path: str, raw: bytes) -> Decoded:
    """An answer as a record. Raises TargetError."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.MsgspecError as error:
        raise TargetError(f"{path}: not a {kind.__name__}: {error}") from error


def labels_of(service: ServicePlace) -> dict[str, str]:
    """The labels that the selector of a service requires."""
    parts = (part.partition("=") for part in service.selector.split(","))
    return {name.strip(): value.lstrip("=").strip() for name, _, value in parts}


def is_of(pod: Pod, service: ServicePlace) -> bool:
    """Whether the pod is one of the service's."""
    return labels_of(service).items() <= pod.metadata.labels.items()
