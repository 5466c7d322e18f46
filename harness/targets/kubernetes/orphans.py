"""Undoes faults of this target by their undo records alone, which name the whole place.

action       data["resource"]           undone when
revive       a pod                      its uid is gone and its service has all its pods ready
resume       a pod                      no process of its container is frozen
unscale      `service#scale`            it has no mark and all its pods are ready
uncordon     a pod                      its node (the identity) has no mark and takes pods
await_rollout `service#rollout`         all its pods are ready and new
join_network `edge#cut`                no policy has a mark and every connection passes
remove_workers `load`               no Job, pod, policy or ConfigMap has their label
clear_edge   an edge, or `edge#slot`    no keeper of its carrier has the fault

All of them but `uncordon` are undone as well when their namespace is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from harness.errors import FaultError
from harness.targets.base import CALL_LIMIT_S, Proof, UndoData
from harness.targets.cluster_abilities import REMOVE_WORKERS
from harness.targets.kubernetes.changed_objects import ChangedObjects
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.connection import Connection
from harness.targets.kubernetes.edge_faults import edges_at
from harness.targets.kubernetes.instances import replacement_of
from harness.targets.kubernetes.load_workers import LoadWorkers
from harness.targets.kubernetes.network_cuts import NetworkCuts
from harness.targets.kubernetes.pauses import look_at_pod, resume_pod
from harness.targets.kubernetes.place import Place, place_in
from harness.targets.records import split_slot

UNCORDON: Final = "uncordon"  # a node outlives the namespace


class KubernetesOrphans:
    """Implements harness.targets.base.Undoes without a run."""

    def undo(self, action: str, data: UndoData) -> None:
        """Undo it; a killed pod is replaced by its controller, so `revive` does nothing."""
        undo_at(cluster_at(place_in(data)), action, data)

    def undone(self, action: str, data: UndoData) -> Proof:
        """Whether nothing of it is left, by what the cluster says."""
        return undone_at(cluster_at(place_in(data)), action, data)


def cluster_at(place: Place, limit_s: float = CALL_LIMIT_S) -> Cluster:
    """The cluster of a place; nothing is asked yet."""
    return Cluster(place, Connection(place.context, place.kubeconfig, limit_s))


def undo_at(cluster: Cluster, action: str, data: UndoData) -> None:
    """Do one of the undo actions. Raises FaultError for another one."""
    if action != UNCORDON and cluster.namespace() is None:
        return
    if action == "clear_edge":
        edges_at(cluster.place).clear_edge(data["resource"])
    elif action == "resume":
        resume_pod(cluster, data["resource"])
    elif action == "unscale":
        before = data.get("identity", "")
        service = split_slot(data["resource"])[0]
        ChangedObjects(cluster).unscale(service, int(before) if before.isdigit() else None)
    elif action == UNCORDON:
        ChangedObjects(cluster).open_node(data.get("identity", ""))
    elif action == "join_network":
        NetworkCuts(cluster).join()
    elif action == REMOVE_WORKERS:
        LoadWorkers(cluster).remove()
    elif action not in ("revive", "await_rollout"):
        raise FaultError(f"no undo action {action!r}")


def undone_at(cluster: Cluster, action: str, data: UndoData) -> Proof:
    """Whether it is undone. Raises FaultError, UnknownResourceError."""
    resource, identity = data["resource"], data.get("identity", "")
    name, changed = split_slot(resource)[0], ChangedObjects(cluster)
    looks: dict[str, Callable[[], Proof]] = {
        "clear_edge": lambda: _is_clear(cluster.place, resource),
        "resume": lambda: _is_resumed(cluster, resource),
        "unscale": lambda: changed.unscaled(name),
        UNCORDON: lambda: changed.opened(identity),
        "join_network": lambda: NetworkCuts(cluster).joined(name),
        REMOVE_WORKERS: LoadWorkers(cluster).removed,
        "await_rollout": lambda: changed.rolled_out(name),
        "revive": lambda: _is_replaced(cluster, resource, identity),
    }
    if action not in looks:
        raise FaultError(f"no undo action {action!r}")
    if action != UNCORDON and (told := _deleted(cluster)) is not None:
        return told
    return looks[action]()


def _deleted(cluster: Cluster) -> Proof | None:
    """What a namespace that is deleted says of what was in it; None for one that stays."""
    found, name = cluster.namespace(), cluster.place.namespace
    if found is None:
        return Proof(holds=True, how=f"the namespace {name} is gone")
    if found.deletion_timestamp:
        return Proof(holds=False, how=f"the namespace {name} is being deleted")
    return None


def _is_resumed(cluster: Cluster, pod: str) -> Proof:
    said = look_at_pod(cluster, pod)
    return Proof(said != "paused", f"its processes are {said}")


def _is_replaced(cluster: Cluster, pod: str, identity: str) -> Proof:
    now = replacement_of(cluster, pod, identity)
    return Proof(now.state == "ready", f"{now.name} ({now.identity}) is {now.state}")


def _is_clear(place: Place, resource: str) -> Proof:
    """By what the keepers say that works now; no answer is no proof."""
    name, slot = split_slot(resource)
    found = next((e for e in edges_at(place).edges() if e.name == name), None)
    if found is None or found.error:
        return Proof(holds=False, how=found.error if found else f"no edge {name}")
    on = [fault.name for fault in found.faults if slot in ("", fault.name)]
    return Proof(holds=not on, how=f"the keepers of {name} have {', '.join(on) or 'no fault'} on")
