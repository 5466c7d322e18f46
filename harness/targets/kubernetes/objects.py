"""The fields of Kubernetes objects that this target reads, and their paths in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

CORE: Final = "/api/v1"
APPS: Final = "/apis/apps/v1"
NETWORKING: Final = "/apis/networking.k8s.io/v1"


class _Object(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Read only; fields that are not named here are left out."""


class Owner(_Object, frozen=True):
    """Who made an object."""

    kind: str = ""
    name: str = ""
    uid: str = ""


class Meta(_Object, frozen=True):
    """Metadata of an object."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    owner_references: tuple[Owner, ...] = ()


class Bare(_Object, frozen=True):
    """An object of any kind, by its metadata."""

    metadata: Meta = Meta()


class BareList(_Object, frozen=True):
    """Objects of any kind."""

    items: tuple[Bare, ...] = ()


class Port(_Object, frozen=True):
    """A port of a container or a Service."""

    name: str = ""
    container_port: int = 0
    port: int = 0
    node_port: int = 0


class Container(_Object, frozen=True):
    """A container of a pod's specification."""

    name: str
    ports: tuple[Port, ...] = ()


class Reason(_Object, frozen=True):
    """Why a container waits or has ended."""

    reason: str = ""
    message: str = ""


class ContainerState(_Object, frozen=True):
    """One of the three is there."""

    running: dict[str, Any] | None = None
    waiting: Reason | None = None
    terminated: Reason | None = None


class ContainerStatus(_Object, frozen=True):
    """What the kubelet says of a container. `container_id` names this life of it."""

    name: str
    ready: bool = False
    restart_count: int = 0
    container_id: str = msgspec.field(default="", name="containerID")
    state: ContainerState = ContainerState()


class Condition(_Object, frozen=True):
    """One condition."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""


class PodSpec(_Object, frozen=True):
    """What a pod is to be."""

    node_name: str = ""
    containers: tuple[Container, ...] = ()


class PodStatus(_Object, frozen=True):
    """What a pod is."""

    phase: str = ""
    pod_ip: str = msgspec.field(default="", name="podIP")
    reason: str = ""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(_Object, frozen=True):
    """One pod."""

    metadata: Meta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def ready(self) -> bool:
        """Whether its readiness condition holds."""
        return any(c.type == "Ready" and c.status == "True" for c in self.status.conditions)

    @property
    def over(self) -> bool:
        """Whether it is being deleted or has ended: its controller makes another one."""
        return self.metadata.deletion_timestamp is not None or self.status.phase in (
            "Succeeded",
            "Failed",
        )

    def container(self, name: str) -> ContainerStatus | None:
        """What the kubelet says of that container; of the first one where there is none."""
        found = self.status.container_statuses
        return next((one for one in found if one.name == name), found[0] if found else None)


class Template(_Object, frozen=True):
    """A pod template."""

    metadata: Meta = Meta()


class WorkloadSpec(_Object, frozen=True):
    """What a Deployment or StatefulSet is to be."""

    replicas: int = 1
    template: Template = Template()


class WorkloadStatus(_Object, frozen=True):
    """What a Deployment or StatefulSet is."""

    observed_generation: int = 0
    replicas: int = 0
    ready_replicas: int = 0
    updated_replicas: int = 0


class Workload(_Object, frozen=True):
    """A Deployment or StatefulSet."""

    metadata: Meta
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus = WorkloadStatus()
    kind: str = ""

    @property
    def ready(self) -> bool:
        """Whether all replicas are there, ready and of the newest revision."""
        is_seen = self.status.observed_generation >= self.metadata.generation
        have = (self.status.replicas, self.status.ready_replicas, self.status.updated_replicas)
        return is_seen and set(have) == {self.spec.replicas}


class ServiceSpec(_Object, frozen=True):
    """How a Service is reached."""

    type: str = ""
    cluster_ip: str = msgspec.field(default="", name="clusterIP")
    ports: tuple[Port, ...] = ()


class Ingress(_Object, frozen=True):
    """An address of a load balancer."""

    ip: str = ""
    hostname: str = ""


class Balancer(_Object, frozen=True):
    """The addresses of a load balancer."""

    ingress: tuple[Ingress, ...] = ()


class ServiceStatus(_Object, frozen=True):
    """What a Service is."""

    load_balancer: Balancer = Balancer()


class Service(_Object, frozen=True):
    """One Service."""

    metadata: Meta
    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


class Address(_Object, frozen=True):
    """An address of a node."""

    type: str
    address: str


class NodeInfo(_Object, frozen=True):
    """What a node runs. `boot_id` is its kernel's."""

    boot_id: str = msgspec.field(default="", name="bootID")


class NodeStatus(_Object, frozen=True):
    """What a node is."""

    addresses: tuple[Address, ...] = ()
    conditions: tuple[Condition, ...] = ()
    node_info: NodeInfo = NodeInfo()


class NodeSpec(_Object, frozen=True):
    """What a node is to be."""

    unschedulable: bool = False


class Node(_Object, frozen=True):
    """One node."""

    metadata: Meta
    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class PodList(_Object, frozen=True):
    """All pods of a list."""

    metadata: Meta = Meta()
    items: tuple[Pod, ...] = ()


class WorkloadList(_Object, frozen=True):
    """All workloads of a list."""

    items: tuple[Workload, ...] = ()


class NodeList(_Object, frozen=True):
    """All nodes."""

    items: tuple[Node, ...] = ()


def pods_path(namespace: str, pod: str = "") -> str:
    """The pods of a namespace, or one of them."""
    return f"{CORE}/namespaces/{namespace}/pods" + (f"/{pod}" if pod else "")


def workloads_path(namespace: str, kind: str, name: str = "") -> str:
    """The Deployments or StatefulSets of a namespace, or one of them."""
    return f"{APPS}/namespaces/{namespace}/{kind.lower()}s" + (f"/{name}" if name else "")
