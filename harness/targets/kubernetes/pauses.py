"""Pods whose container is frozen, and the sessions of this process that keep them so."""

from __future__ import annotations

import msgspec

from harness.errors import FaultError, TargetError
from harness.targets.kubernetes.cluster import Cluster, is_of
from harness.targets.kubernetes.execs import Session, run_once
from harness.targets.records import InstanceStatus


class Pauses:
    """The pauses of one process."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._sessions: dict[str, Session] = {}

    def pause(self, instance: InstanceStatus, lease_s: float) -> None:
        """Freeze it. Raises FaultError, TargetError."""
        service = self._cluster.place.service(instance.service)
        if service is None or not instance.identity:
            raise FaultError(f"{instance.name} its pod is gone")
        place, name = self._cluster.place, instance.name
        session = Session(self._cluster.connection, place, name, service.container)
        session.pause(lease_s)
        self._sessions[name] = session

    def renew(self, name: str) -> None:
        """Prolong it, if it is one of this process. Raises FaultError: it has ended."""
        if name in self._sessions:
            self._sessions[name].renew()

    def resume(self, name: str) -> None:
        """Let it go on. Raises TargetError."""
        session = self._sessions.pop(name, None)
        if session is not None:
            session.end()
        resume_pod(self._cluster, name)

    def shown(self, instances: tuple[InstanceStatus, ...]) -> tuple[InstanceStatus, ...]:
        """These instances; the paused ones say so."""
        return tuple(
            msgspec.structs.replace(i, state="paused", leased=True)
            if i.name in self._sessions
            else i
            for i in instances
        )

    def is_frozen(self, identity: str) -> bool:
        """Whether the processes of a pod that was paused here are frozen, by the kernel."""
        uid = identity.split("/")[1] if "/" in identity else ""
        for pod in self._cluster.pods():
            name = pod.metadata.name
            if pod.metadata.uid == uid and name in self._sessions:
                return look_at_pod(self._cluster, name) == "paused"
        return False


def resume_pod(cluster: Cluster, name: str) -> None:
    """Let the processes of a pod go on; does nothing for a pod that is gone."""
    if container := _container_of(cluster, name):
        run_once(cluster.connection, cluster.place, name, container, "resume")


def kill_container(cluster: Cluster, name: str) -> None:
    """Kill the processes of a pod's container. Raises FaultError."""
    container = _container_of(cluster, name)
    if not container:
        raise FaultError(f"{name} its pod or its container is gone")
    try:
        said = run_once(cluster.connection, cluster.place, name, container, "kill")
    except TargetError:
        return  # the container may end before it has answered; the proof is its id
    if said.startswith("cannot"):
        raise FaultError(f"{name}: {said}")


def look_at_pod(cluster: Cluster, name: str) -> str:
    """What the processes of a pod's container do: running, paused, gone."""
    container = _container_of(cluster, name)
    if not container:
        return "gone"
    said = run_once(cluster.connection, cluster.place, name, container, "look")
    if said.startswith("cannot"):
        raise TargetError(f"{name}: {said}")
    return said


def _container_of(cluster: Cluster, name: str) -> str:
    """The container of the pod's service, while it runs; one that has ended is not frozen."""
    for pod in cluster.pods():
        if pod.metadata.name == name and not pod.over:
            found = (s.container for s in cluster.place.services if is_of(pod, s))
            container = next(found, "")
            status = pod.container(container)
            return container if status is None or status.state.running is not None else ""
    return ""
