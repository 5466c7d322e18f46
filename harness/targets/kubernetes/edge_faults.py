"""Faults of edges: set at the keeper of every pod that carries the edge, counted over all of them.

A keeper is reached through the API server's proxy of its pod. It takes a fault away that is not
renewed for its lease. A pod that comes while a fault is on gets it with the next renewal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Final

import msgspec

from harness.errors import FaultError, TargetError, UnknownResourceError
from harness.files.problems import nearest
from harness.targets.kubernetes.cluster import Cluster, decoded, is_of
from harness.targets.kubernetes.connection import ApiError, Body, Connection
from harness.targets.kubernetes.keeper.protocol import Ask, Told
from harness.targets.kubernetes.objects import Pod, pods_path
from harness.targets.kubernetes.place import EdgePlace, Place, carrier_of
from harness.targets.kubernetes.pod_counts import PodCounts
from harness.targets.records import SLOT_MARK, EdgeFault, EdgeStatus, split_slot

_AT_ONCE: Final = 8
# A keeper answers within milliseconds; one on a lost node may not use up the lease of the others.
_KEEPER_LIMIT_S: Final = 1.0
_REFUSED: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT)


class PodEdges:
    """The edges of one system; `cluster` has a short time limit."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._edges = {edge.name: edge for edge in cluster.place.edges if edge.keeper}
        self._set: dict[str, EdgeFault] = {}  # by edge#slot, as this process has set them
        self._counts = PodCounts()
        self._known: tuple[Pod, ...] = ()

    def knows(self, resource: str) -> bool:
        """Whether it is an edge, or a fault of one."""
        return self._name_of(resource) in self._edges

    def edges(self) -> tuple[EdgeStatus, ...]:
        """All edges that a keeper plays, now."""
        pods = self._pods()
        carriers = {edge.carrier: edge for edge in self._edges.values()}
        for edge in carriers.values():
            for pod, told in self._ask_all(self._carriers(edge, pods), edge, "edges", None):
                self._counts.saw(pod.metadata.uid, told.edges if told else ())
        return tuple(self._status(edge, pods) for edge in self._edges.values())

    def fault_edge(self, name: str, fault: EdgeFault, lease_s: float) -> EdgeStatus:
        """Set it at every pod that carries the edge. Raises FaultError: no pod can take it."""
        edge = self._edge(name)
        ask = Ask(edge=name, fault=fault, lease_s=lease_s)
        taken = self._tell_all(edge, "fault", ask)
        if not taken:
            raise FaultError(f"edge {name}: no pod of {edge.carrier} carries it now")
        self._set[f"{name}{SLOT_MARK}{fault.name}"] = fault
        return self._now(name)

    def clear_edge(self, resource: str) -> EdgeStatus:
        """Take one fault (`edge#slot`) or all of the edge away, at every pod."""
        name = self._name_of(resource)
        for one in [o for o in self._set if resource in (o, split_slot(o)[0])]:
            del self._set[one]
        self._tell_all(self._edge(name), "clear", Ask(edge=resource))
        return self._now(name)

    def renew(self, resource: str, lease_s: float) -> None:
        """Prolong the leases; a pod without the fault gets it. Raises FaultError: no pod has it.

        The pods that were known before are asked first: a slow list of pods must not end a lease.
        """
        edge = self._edge(self._name_of(resource))
        ask = Ask(edge=resource, lease_s=lease_s)
        told = list(self._ask_all(self._known_carriers(edge), edge, "renew", ask, lenient=True))
        having = {pod.metadata.uid for pod, answer in told if answer is not None}
        now = self._carriers(edge, self._pods())
        new = [pod for pod in now if pod.metadata.uid not in having]
        if not having.intersection(pod.metadata.uid for pod in now):
            raise FaultError(f"{resource} has no fault (any more): its lease cannot be renewed")
        for one, fault in self._set.items():
            if new and resource in (one, split_slot(one)[0]):
                again = Ask(edge=edge.name, fault=fault, lease_s=lease_s)
                list(self._ask_all(new, edge, "fault", again, lenient=True))

    def _pods(self) -> tuple[Pod, ...]:
        self._known = self._cluster.pods()
        return self._known

    def _known_carriers(self, edge: EdgePlace) -> tuple[Pod, ...]:
        return self._carriers(edge, self._known or self._pods())

    def _tell_all(self, edge: EdgePlace, what: str, ask: Ask) -> int:
        """How many pods have done it."""
        pods = self._carriers(edge, self._pods())
        return sum(told is not None for _, told in self._ask_all(pods, edge, what, ask))

    def _ask_all(
        self,
        pods: tuple[Pod, ...] | list[Pod],
        edge: EdgePlace,
        what: str,
        ask: Ask | None,
        *,
        lenient: bool = False,
    ) -> Iterator[tuple[Pod, Told | None]]:
        """Each pod's answer; None: it is starting or ending, or (lenient) anything is wrong."""
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            asked = [threads.submit(self._ask, pod, edge.keeper, what, ask) for pod in pods]
            for pod, one in zip(pods, asked, strict=True):
                yield pod, _answer(pod, one.result, lenient=lenient)

    def _ask(self, pod: Pod, port: int, what: str, ask: Ask | None) -> Told:
        space = self._cluster.place.namespace
        path = f"{pods_path(space, f'{pod.metadata.name}:{port}')}/proxy/{what}"
        body = None if ask is None else Body(content=msgspec.json.encode(ask))
        raw = self._cluster.connection.send("GET" if body is None else "POST", path, body)
        return decoded(Told, path, raw)

    def _carriers(self, edge: EdgePlace, pods: tuple[Pod, ...]) -> tuple[Pod, ...]:
        """The pods that carry the edge and can be asked."""
        service = carrier_of(self._cluster.place, edge)
        return tuple(p for p in pods if is_of(p, service) and not p.over and p.status.pod_ip)

    def _status(self, edge: EdgePlace, pods: tuple[Pod, ...]) -> EdgeStatus:
        ready = [p.metadata.uid for p in self._carriers(edge, pods) if p.ready]
        return self._counts.status(edge.name, ready)

    def _now(self, name: str) -> EdgeStatus:
        return next(status for status in self.edges() if status.name == name)

    def _name_of(self, resource: str) -> str:
        return resource if resource in self._edges else split_slot(resource)[0]

    def _edge(self, name: str) -> EdgePlace:
        if name not in self._edges:
            raise UnknownResourceError(f"no edge {name!r}; {nearest(name, list(self._edges))}")
        return self._edges[name]


def edges_at(place: Place) -> PodEdges:
    """The edges of a place; nothing is asked yet."""
    return PodEdges(Cluster(place, Connection(place.context, place.kubeconfig, _KEEPER_LIMIT_S)))


def _answer(pod: Pod, result: Callable[[], Told], *, lenient: bool) -> Told | None:
    """What the pod said. Raises FaultError (it refuses), TargetError (it is ready and silent)."""
    try:
        return result()
    except TargetError as error:
        if lenient or not pod.ready:
            return None
        if isinstance(error, ApiError) and error.status in _REFUSED:
            raise FaultError(f"{pod.metadata.name}: {error}") from error
        raise
