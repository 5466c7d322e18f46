"""Objects that a fault changes for a time: scaled workloads and closed nodes.

Each is marked before it is changed (`marks.py`), so that anybody can undo it: the cleaner, the
watchdog and `squall heal`.
"""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from harness.errors import FaultError, TargetError, UnknownResourceError
from harness.targets.base import Proof
from harness.targets.cluster_abilities import NodeSeen
from harness.targets.kubernetes import toolkit
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.connection import ApiError
from harness.targets.kubernetes.marks import UNDO, marked, renewed, undo_of
from harness.targets.kubernetes.objects import CORE, Meta, Node, Workload, pods_path, workloads_path

RENEW_EVERY_S: Final = 2.0  # a renewal is a write; the lease of an object is eight seconds
EVICT_LIMIT_S: Final = 4.0
_AGAIN_S: Final = 0.2


class ChangedObjects:
    """The changes of one place. `renew` prolongs those that this process has made."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._held: dict[str, float] = {}

    def scale(self, name: str, replicas: int) -> int:
        """Ask for that many; returns how many were asked for before."""
        workload = self._workload(name)
        before = workload.spec.replicas
        if UNDO in workload.metadata.annotations:
            raise FaultError(f"{name} is changed by another fault; run `squall heal`")
        path = self._path(workload)
        self._cluster.connection.patch(path, marked({}, {"spec": {"replicas": before}}, _owner()))
        self._held[path] = time.monotonic()
        kind = workload.kind == "StatefulSet"
        scale = toolkit.scale_statefulset if kind else toolkit.scale_deployment
        scale(self._cluster.place, workload.metadata.name, replicas)
        return before

    def unscale(self, name: str, before: int | None = None) -> None:
        """Go back to what the mark says; without a mark to `before`, if that is known."""
        workload = self._workload(name)
        path = self._path(workload)
        self._held.pop(path, None)
        if UNDO in workload.metadata.annotations:
            self._undo(path, workload.metadata)
        elif before is not None and workload.spec.replicas != before:
            self._cluster.connection.patch(path, {"spec": {"replicas": before}})

    def unscaled(self, name: str) -> Proof:
        """Whether no mark is left and all asked for replicas are ready."""
        workload = self._workload(name)
        ready = f"{workload.status.ready_replicas} of {workload.spec.replicas} are ready"
        is_marked = UNDO in workload.metadata.annotations
        return Proof(not is_marked and workload.ready, f"{ready}, marked: {is_marked}")

    def roll_out(self, name: str) -> None:
        """Make new pods by the workload's own strategy."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        template = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": now}}}
        path = self._path(self._workload(name))
        self._cluster.connection.patch(path, {"spec": {"template": template}})

    def rolled_out(self, name: str) -> Proof:
        """Whether all replicas are ready and of the newest revision."""
        status = self._workload(name)
        told = f"{status.status.updated_replicas} of {status.spec.replicas} are new"
        return Proof(status.ready, told)

    def node_of(self, instance: str) -> str:
        """The node of a pod."""
        for pod in self._cluster.pods():
            if pod.metadata.name == instance and pod.spec.node_name and not pod.over:
                return pod.spec.node_name
        raise UnknownResourceError(f"no pod {instance!r} on a node")

    def node(self, name: str) -> NodeSeen:
        """Whether it is closed, and which pods of the system it carries."""
        node = self._cluster.read(Node, _node_path(name))
        there = [p for p in self._cluster.pods() if p.spec.node_name == name and not p.over]
        names = tuple(pod.metadata.name for pod in there)
        return NodeSeen(closed=node.spec.unschedulable, instances=names)

    def drain(self, name: str) -> None:
        """Close it and evict the pods of this system; those of others stay."""
        node = self._cluster.read(Node, _node_path(name))
        if node.spec.unschedulable or UNDO in node.metadata.annotations:
            raise FaultError(f"node {name} is closed already: somebody else has done it")
        path = _node_path(name)
        undo = {"spec": {"unschedulable": None}}
        self._cluster.connection.patch(path, marked({}, undo, _owner()))
        self._held[path] = time.monotonic()
        toolkit.cordon(self._cluster.place, name)
        ends = time.monotonic() + EVICT_LIMIT_S
        for pod in self.node(name).instances:
            self._evict(pod, ends)

    def open_nodes(self) -> None:
        """Open every node that was closed here."""
        for path in [path for path in self._held if path.startswith(_node_path(""))]:
            self.open_node(path.rpartition("/")[2])

    def open_node(self, name: str) -> None:
        """Open a node that carries the mark of a fault; does nothing to another one."""
        path = _node_path(name)
        metadata = self._cluster.read(Node, path).metadata
        if UNDO in metadata.annotations:
            self._undo(path, metadata)
        self._held.pop(path, None)

    def opened(self, name: str) -> Proof:
        """Whether a node carries no mark and takes pods."""
        node = self._cluster.read(Node, _node_path(name))
        is_marked, closed = UNDO in node.metadata.annotations, node.spec.unschedulable
        return Proof(not is_marked and not closed, f"{name}: marked {is_marked}, closed {closed}")

    def renew(self) -> None:
        """Prolong the leases that are old enough. Raises TargetError."""
        for path, since in list(self._held.items()):
            if time.monotonic() - since >= RENEW_EVERY_S:
                self._cluster.connection.patch(path, renewed())
                self._held[path] = time.monotonic()

    def _evict(self, pod: str, ends: float) -> None:
        """Ask until its budget allows it. Raises TargetError: it does not in time."""
        place = self._cluster.place
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod, "namespace": place.namespace},
        }
        while True:
            try:
                self._cluster.connection.create(f"{pods_path(place.namespace, pod)}/eviction", body)
            except ApiError as error:
                if error.status == HTTPStatus.NOT_FOUND:
                    return
                if error.status != HTTPStatus.TOO_MANY_REQUESTS or time.monotonic() >= ends:
                    raise
                time.sleep(_AGAIN_S)
            else:
                return

    def _undo(self, path: str, metadata: Meta) -> None:
        patch = undo_of(metadata.annotations)
        if patch is None:
            raise TargetError(f"{path}: its mark does not say how it is undone")
        self._cluster.connection.patch(path, patch)

    def _workload(self, name: str) -> Workload:
        service = self._cluster.place.service(name)
        found = self._cluster.workload_of(service) if service else None
        if found is None:
            raise UnknownResourceError(f"no workload of service {name!r}")
        return self._cluster.fresh(found)

    def _path(self, workload: Workload) -> str:
        namespace = self._cluster.place.namespace
        return workloads_path(namespace, workload.kind, workload.metadata.name)


def _node_path(name: str) -> str:
    return f"{CORE}/nodes/{name}"


def _owner() -> str:
    return f"squall-{socket.gethostname()}"
