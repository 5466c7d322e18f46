"""Pods as instances of services.

An instance is a pod of a service; its identity is the pod's uid and the id of its main container,
so that a container that was started again is another life. A replica that a workload asks for and
whose pod does not exist yet is an instance too: it is down.
"""

from __future__ import annotations

from typing import Final

import msgspec

from harness.errors import UnknownResourceError
from harness.targets.kubernetes.cluster import Cluster, is_of, labels_of
from harness.targets.kubernetes.objects import Pod, Workload
from harness.targets.kubernetes.place import Place, ServicePlace
from harness.targets.records import IdentityState, InstanceState, InstanceStatus

MISSING: Final = "-missing-"
_ID_LETTERS: Final = 12


def instances_of(cluster: Cluster) -> tuple[InstanceStatus, ...]:
    """All instances now, by service and name."""
    pods, workloads = cluster.pods(), cluster.workloads()
    found: list[InstanceStatus] = []
    for service in cluster.place.services:
        mine = [pod for pod in pods if is_of(pod, service) and not pod.over]
        found += [status_of(pod, service) for pod in mine]
        asked = _replicas(workloads, service)
        found += [_missing(service, number) for number in range(len(mine) + 1, asked + 1)]
    return tuple(found)


def status_of(pod: Pod, service: ServicePlace) -> InstanceStatus:
    """One pod as an instance."""
    port = service.port or _first_port(pod, service.container)
    return InstanceStatus(
        name=pod.metadata.name,
        service=service.name,
        state=state_of(pod),
        identity=identity_of(pod, service),
        address=f"{pod.status.pod_ip}:{port}" if pod.status.pod_ip and port else "",
    )


def state_of(pod: Pod) -> InstanceState:
    """What it does now."""
    if pod.over:
        return "stopped"
    if pod.ready:
        return "ready"
    return "starting" if pod.status.phase in ("Pending", "") else "unready"


def identity_of(pod: Pod, service: ServicePlace) -> str:
    """This life of the pod and of its container: service, uid, container."""
    status = pod.container(service.container)
    life = status.container_id.rpartition("/")[2][:_ID_LETTERS] if status else ""
    return f"{service.name}/{pod.metadata.uid}/{life}"


def seen_in(pods: tuple[Pod, ...], place: Place, identity: str) -> IdentityState:
    """Whether that life is among these pods."""
    name, uid, life = [*identity.split("/"), "", ""][:3]
    service = place.service(name)
    for pod in pods:
        if pod.metadata.uid == uid and service is not None:
            return "running" if not life or identity_of(pod, service) == identity else "gone"
    return "gone"


def replacement_of(cluster: Cluster, instance: str, identity: str) -> InstanceStatus:
    """The instance in the place of that life: the pod itself, else the newest one."""
    name, uid, _ = [*identity.split("/"), "", ""][:3]
    service = cluster.place.service(name)
    if service is None:
        raise UnknownResourceError(f"no service {name!r} for {instance}")
    alive = [pod for pod in cluster.pods() if is_of(pod, service) and not pod.over]
    workload = cluster.workload_of(service)
    asked = workload.spec.replicas if workload else 1
    same = [pod for pod in alive if pod.metadata.uid == uid]
    newest = max(same or alive, key=_age_key, default=None)
    if newest is None or len(alive) < asked:
        return InstanceStatus(name=instance, service=name, state="down")
    all_ready = all(pod.ready for pod in alive)
    status = status_of(newest, service)
    return status if all_ready else msgspec.structs.replace(status, state="starting")


def _age_key(pod: Pod) -> tuple[str, str]:
    return str(pod.metadata.creation_timestamp), pod.metadata.resource_version


def _replicas(workloads: tuple[Workload, ...], service: ServicePlace) -> int:
    labels = labels_of(service)
    return sum(
        workload.spec.replicas
        for workload in workloads
        if labels.items() <= workload.spec.template.metadata.labels.items()
    )


def _missing(service: ServicePlace, number: int) -> InstanceStatus:
    name = f"{service.name}{MISSING}{number}"
    return InstanceStatus(name=name, service=service.name, state="down")


def _first_port(pod: Pod, container: str) -> int:
    for one in pod.spec.containers:
        if one.name == container and one.ports:
            return one.ports[0].container_port
    return 0
