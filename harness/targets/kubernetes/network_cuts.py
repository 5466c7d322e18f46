"""Cuts the network between two services by NetworkPolicies, which only ever allow.

Where no policy isolates the destination, one is created that lets all in but the source. Where some
do, one that admits nobody is created, and each policy that lets the source in (and nobody else) is
made to select no pod. Every object carries the marks of a fault: `marks.py`.
"""

from __future__ import annotations

import socket
import time
from typing import Final

from harness.errors import FaultError, UnknownResourceError
from harness.targets.base import Proof
from harness.targets.kubernetes.cluster import Cluster, decoded, is_of, labels_of
from harness.targets.kubernetes.keeper.protocol import Reached
from harness.targets.kubernetes.marks import DELETE, UNDO, label_value, marked, renewed, undo_of
from harness.targets.kubernetes.network_policies import Policy, PolicyList, all_but, nobody
from harness.targets.kubernetes.objects import NETWORKING, Pod, pods_path
from harness.targets.kubernetes.place import EdgePlace, ServicePlace, carrier_of

CUT: Final = "squall.dev/cut"
RENEW_EVERY_S: Final = 2.0


class NetworkCuts:
    """The cuts of one place. `renew` prolongs those that this process has made."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._held: dict[str, float] = {}

    def cut(self, edge: str) -> None:
        """Let no new connection pass. Raises FaultError: a policy admits others too."""
        place = self._edge(edge)
        source, destination = self._ends(place)
        closed, opened = self._policies(source, destination)
        name = f"squall-cut-{label_value(edge.replace('>', '-')).lower()}"
        labels = labels_of(destination)
        new = nobody(name, labels) if closed else all_but(name, labels_of(source), labels)
        self._cluster.connection.create(self._path(), marked(new, DELETE, _owner()))
        self._held[self._path(name)] = time.monotonic()
        change = {"spec": {"podSelector": {"matchLabels": {CUT: label_value(edge)}}}}
        back = {"spec": {"podSelector": {"matchLabels": {CUT: None}}}}
        for policy in opened:
            path = self._path(policy.metadata.name)
            self._cluster.connection.patch(path, marked(change, back, _owner()))
            self._held[path] = time.monotonic()

    def join(self) -> None:
        """Take every cut of this namespace back; nothing to do where there is none."""
        for policy in self._all():
            if UNDO not in policy.metadata.annotations:
                continue
            path = self._path(policy.metadata.name)
            undo = undo_of(policy.metadata.annotations)
            if undo is None:
                self._cluster.connection.delete(path)
            else:
                self._cluster.connection.patch(path, undo)
            self._held.pop(path, None)

    def renew(self) -> None:
        """Prolong the leases that are old enough. Raises TargetError."""
        for path, since in list(self._held.items()):
            if time.monotonic() - since >= RENEW_EVERY_S:
                self._cluster.connection.patch(path, renewed())
                self._held[path] = time.monotonic()

    def reached(self, edge: str) -> tuple[int, int]:
        """How many new connections from its pods to the pods behind it pass, of how many."""
        place = self._edge(edge)
        source = carrier_of(self._cluster.place, place)
        pods = [p for p in self._cluster.pods() if is_of(p, source) and p.ready]
        told = [self._reached(pod, place) for pod in pods]
        return sum(one.reached for one in told), sum(one.tried for one in told)

    def joined(self, edge: str) -> Proof:
        """Whether no policy carries the mark of a fault and every connection passes."""
        left = [p.metadata.name for p in self._all() if UNDO in p.metadata.annotations]
        passed, tried = self.reached(edge)
        whole = f"{passed} of {tried} connections pass, marked policies: {len(left)}"
        return Proof(not left and passed == tried > 0, whole)

    def _reached(self, pod: Pod, edge: EdgePlace) -> Reached:
        at = pods_path(self._cluster.place.namespace, f"{pod.metadata.name}:{edge.keeper}")
        path = f"{at}/proxy/reach"
        return decoded(Reached, path, self._cluster.connection.get(path, edge=edge.name))

    def _policies(
        self, source: ServicePlace, destination: ServicePlace
    ) -> tuple[list[Policy], list[Policy]]:
        """Those that isolate the destination, and of them those that let the source in."""
        pods = self._cluster.pods()
        comes = next((p for p in pods if is_of(p, source) and p.status.pod_ip), None)
        goes = next((p for p in pods if is_of(p, destination)), None)
        if comes is None or goes is None:
            raise FaultError(f"{source.name} or {destination.name} has no pod")
        closed = [policy for policy in self._all() if policy.isolates(goes)]
        opened = [policy for policy in closed if policy.admits(comes)]
        others = [p for p in pods if not is_of(p, source) and p.status.pod_ip]
        for policy in opened:
            if mine := [p.metadata.name for p in others if policy.admits(p)]:
                text = f"NetworkPolicy {policy.metadata.name} admits {mine[0]} too"
                raise FaultError(f"{text}; give each pair of services a policy of its own")
            if UNDO in policy.metadata.annotations:
                text = f"NetworkPolicy {policy.metadata.name} is changed by another fault"
                raise FaultError(f"{text}; run `squall heal`")
        return closed, opened

    def _ends(self, edge: EdgePlace) -> tuple[ServicePlace, ServicePlace]:
        name = edge.name.rpartition(">")[2]
        destination = self._cluster.place.service(name)
        if destination is None:
            raise UnknownResourceError(f"no service {name!r} behind the edge {edge.name}")
        return carrier_of(self._cluster.place, edge), destination

    def _edge(self, name: str) -> EdgePlace:
        found = next((e for e in self._cluster.place.edges if e.name == name and e.keeper), None)
        if found is None:
            raise UnknownResourceError(f"no edge {name!r} with a keeper")
        return found

    def _all(self) -> tuple[Policy, ...]:
        return self._cluster.read(PolicyList, self._path()).items

    def _path(self, name: str = "") -> str:
        path = f"{NETWORKING}/namespaces/{self._cluster.place.namespace}/networkpolicies"
        return f"{path}/{name}" if name else path


def _owner() -> str:
    return f"squall-{socket.gethostname()}"
