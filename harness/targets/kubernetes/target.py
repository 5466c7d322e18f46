"""The target kubernetes: a system in one namespace of a cluster, reached by its API server.

An instance is a pod. A killed one is replaced by its controller: it is not held down, and the proof
is that its uid is gone and another one is ready. Nothing of this module imports the client library,
which takes seconds: the first request does.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from harness.errors import FaultError, RefusedError, UnknownResourceError
from harness.safety.state import State
from harness.targets.base import CALL_LIMIT_S, Proof, Running, UndoData, Undoes, UpPlan
from harness.targets.cluster_abilities import NodeSeen
from harness.targets.kubernetes import instances as pods_as_instances
from harness.targets.kubernetes.changed_objects import ChangedObjects
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.edge_faults import PodEdges, edges_at
from harness.targets.kubernetes.load_workers import HostsLoadWorkers
from harness.targets.kubernetes.network_cuts import NetworkCuts
from harness.targets.kubernetes.orphans import (
    KubernetesOrphans,
    cluster_at,
    undo_at,
    undone_at,
)
from harness.targets.kubernetes.pauses import Pauses, kill_container
from harness.targets.kubernetes.place import PLACE_OPTIONS, place_of, read_place, write_place
from harness.targets.records import EdgeFault, EdgeStatus, IdentityState, InstanceStatus, split_slot
from harness.timeline import Timeline

if TYPE_CHECKING:
    from harness.files.document import Node
    from harness.files.problems import Problem
    from harness.host.finding import Finding
    from harness.system import System

CUT_SLOT: Final = "cut"
_NO_SYSTEM: Final = "no system of a cluster is noted here; start one with `squall services up`"


class KubernetesTarget(HostsLoadWorkers):
    """Implements the Protocols of harness.targets.base but Partitions."""

    def __init__(self, cluster: Cluster, state: State) -> None:
        self._cluster, self._state = cluster, state
        self._pod_edges: PodEdges | None = None
        self._pauses, self._entry = Pauses(cluster), ""
        self._changed = ChangedObjects(cluster)
        self._cuts = NetworkCuts(cluster)

    @classmethod
    def attach(cls, state: State, limit_s: float = CALL_LIMIT_S) -> Self:
        """The system that the state folder names. Raises RefusedError: it names none."""
        place = read_place(state)
        if place is None:
            raise RefusedError(f"{state.root}: {_NO_SYSTEM}")
        return cls(cluster_at(place, limit_s), state)

    @classmethod
    def orphaned(cls) -> Undoes:
        """Finds the system by the undo record alone."""
        return KubernetesOrphans()

    @classmethod
    def place_options(cls) -> tuple[str, ...]:
        """`--context`, `--namespace`, `--overlay`."""
        return PLACE_OPTIONS

    @classmethod
    def persists(cls, state: State) -> bool:
        """Whether a place is noted."""
        return read_place(state) is not None

    @classmethod
    def find(cls, system: System, deployment: Path | None, state: State) -> None:
        """Note the place."""
        write_place(state, place_of(system, deployment))

    @classmethod
    def objects(cls, system: System, deployment: Path | None) -> list[dict[str, Any]]:
        """The objects of the overlay, with their namespace and labels."""
        from harness.targets.kubernetes.manifests import rendered  # noqa: PLC0415  # as below

        return rendered(place_of(system, deployment))

    @classmethod
    def preflight(cls, system: System, state_root: Path) -> tuple[Finding, ...]:
        """Whether this cluster and this namespace may be used, with the rights that are needed."""
        from harness.targets.kubernetes.preflight import preflight  # noqa: PLC0415  # the watchdog imports this module

        return preflight(system, state_root)

    @classmethod
    def deployment_problems(cls, root: Node, system: System) -> list[Problem]:
        """Options that are missing or wrong."""
        from harness.targets.kubernetes.deployment_check import deployment_problems  # noqa: PLC0415  # as above

        return deployment_problems(root, system)

    @classmethod
    def up(cls, plan: UpPlan) -> Running:
        """Apply the overlay, unless the system is up already."""
        from harness.targets.kubernetes.opening import open_system  # noqa: PLC0415  # as above

        return open_system(plan)

    def down(self) -> None:
        """Remove what carries the labels of the system."""
        from harness.targets.kubernetes.lifecycle import KubernetesLifecycle  # noqa: PLC0415  # as above
        from harness.targets.kubernetes.place import forget_place  # noqa: PLC0415  # as above

        KubernetesLifecycle(self._cluster).remove()
        forget_place(self._state)

    def undo_data(self) -> UndoData:
        """Context, namespace and where the credentials are."""
        return self._cluster.place.undo_data()

    def undo(self, action: str, data: UndoData) -> None:
        """As without a run: nothing of it is kept in this process."""
        undo_at(self._cluster, action, data)

    def undone(self, action: str, data: UndoData) -> Proof:
        """By what the cluster says."""
        return undone_at(self._cluster, action, data)

    def instances(self) -> tuple[InstanceStatus, ...]:
        """The pods of the services, and the replicas that have none."""
        return self._pauses.shown(pods_as_instances.instances_of(self._cluster))

    def seen(self, identity: str) -> IdentityState:
        """Whether that life of a pod and its container is there, and frozen."""
        seen = pods_as_instances.seen_in(self._cluster.pods(), self._cluster.place, identity)
        return "paused" if seen == "running" and self._pauses.is_frozen(identity) else seen

    def addresses(self, service: str) -> tuple[str, ...]:
        """host:port of each ready pod."""
        ready = (i for i in self.instances() if i.service == service and i.state == "ready")
        return tuple(instance.address for instance in ready)

    def edges(self) -> tuple[EdgeStatus, ...]:
        """The edges that keepers play."""
        return tuple(self._reachable(edge) for edge in self._edges().edges())

    def fault_edge(self, edge: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        """Set it at the keeper of every pod that carries the edge."""
        return self._edges().fault_edge(edge, fault, lease_s)

    def clear_edge(self, edge: str) -> EdgeStatus:
        """Take one fault (`edge#slot`) or all of the edge away, at every pod."""
        return self._edges().clear_edge(edge)

    def tell_events(self, timeline: Timeline) -> Callable[[], None]:
        """Watch pods and workloads."""
        from harness.targets.kubernetes.events import follow  # noqa: PLC0415  # as above

        return follow(self._cluster, timeline)

    def prepare(self) -> None:
        """Load the libraries and open the connection."""
        from harness.targets.kubernetes.toolkit import load  # noqa: PLC0415  # as above

        load()
        self._cluster.pods()

    def own_process(self) -> Callable[[int, str], bool]:
        """Processes of pods and of the cluster, where its nodes share this machine's kernel."""
        from harness.targets.kubernetes.shared_machine import own_process  # noqa: PLC0415  # as above

        return own_process(self._cluster)

    def kill(self, instance: str, lease_s: float) -> InstanceStatus:
        """Delete the pod without a grace period; its controller makes another one."""
        from harness.targets.kubernetes.toolkit import terminate_pod  # noqa: PLC0415  # as above

        del lease_s
        before = self._instance(instance)
        service = self._cluster.place.service(before.service)
        if service is None or not before.identity:
            raise FaultError(f"{instance} its pod is gone already")
        terminate_pod(
            self._cluster.place, instance, f"{self._cluster.place.labels},{service.selector}"
        )
        return before

    def pause(self, instance: str, lease_s: float) -> InstanceStatus:
        """Freeze its container by a session in it; when the session is silent the pause ends."""
        before = self._instance(instance)
        self._pauses.pause(before, lease_s)
        return before

    def resume(self, instance: str) -> InstanceStatus:
        """End the session, and let the processes go on where another one began it."""
        self._pauses.resume(instance)
        return self._instance(instance)

    def crash(self, instance: str) -> InstanceStatus:
        """Kill the processes of its container; the kubelet starts it again."""
        before = self._instance(instance)
        kill_container(self._cluster, instance)
        return before

    def scale(self, service: str, replicas: int, lease_s: float) -> int:
        """Ask its workload for that many pods."""
        del lease_s
        return self._changed.scale(service, replicas)

    def unscale(self, service: str) -> None:
        """Go back to what the mark on the workload says."""
        self._changed.unscale(service)

    def cut_network(self, edge: str, lease_s: float) -> None:
        """By NetworkPolicies."""
        del lease_s
        self._cuts.cut(edge)

    def join_network(self, edge: str) -> None:
        """Take every cut of the namespace back."""
        del edge
        self._cuts.join()

    def passing(self, edge: str) -> tuple[int, int]:
        """As the keepers of its pods find out."""
        return self._cuts.reached(edge)

    def roll_out(self, service: str) -> None:
        """Restart its workload by an annotation of the pod template, as kubectl does."""
        self._changed.roll_out(service)

    def node_of(self, instance: str) -> str:
        """The node of a pod."""
        return self._changed.node_of(instance)

    def node(self, name: str) -> NodeSeen:
        """Whether it is closed, and the pods of this system on it."""
        return self._changed.node(name)

    def drain(self, node: str, lease_s: float) -> None:
        """Cordon it and evict the pods of this system; those of others stay."""
        del lease_s
        self._changed.drain(node)

    def open_nodes(self) -> None:
        """Uncordon what was cordoned here."""
        self._changed.open_nodes()

    def revive(self, instance: str) -> InstanceStatus:
        """Nothing to do: the controller has done it."""
        return InstanceStatus(name=instance, service="", state="starting")

    def replacement(self, instance: str, identity: str) -> InstanceStatus:
        """The newest pod of its service; `down` while the service misses one."""
        return pods_as_instances.replacement_of(self._cluster, instance, identity)

    def renew(self, resource: str, lease_s: float) -> None:
        """Of an edge's faults. A killed pod is replaced without one."""
        if self._edges().knows(resource) and split_slot(resource)[1] != CUT_SLOT:
            self._edges().renew(resource, lease_s)
        self._pauses.renew(resource)
        self._changed.renew()
        self._cuts.renew()

    def _reachable(self, edge: EdgeStatus) -> EdgeStatus:
        """The entry with the address at which this machine reaches it."""
        if edge.name != self._cluster.place.entry_edge:
            return edge
        from harness.targets.kubernetes.lifecycle import KubernetesLifecycle  # noqa: PLC0415  # as above

        self._entry = self._entry or KubernetesLifecycle(self._cluster).entry()
        return msgspec.structs.replace(edge, address=self._entry.removeprefix("http://"))

    def _edges(self) -> PodEdges:
        if self._pod_edges is None:
            self._pod_edges = edges_at(self._cluster.place)
        return self._pod_edges

    def _instance(self, name: str) -> InstanceStatus:
        found = self.instances()
        for instance in found:
            if instance.name == name:
                return instance
        raise UnknownResourceError(
            f"no instance {name!r}; known: {', '.join(i.name for i in found)}"
        )
