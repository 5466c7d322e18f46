"""Load workers in the namespace of the system: created, waited for, and removed by their label.

The NetworkPolicy and the ConfigMap belong to the Jobs. Without a harness the time to live removes
the Jobs, and the two objects go with the last one.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

from harness.errors import ConfigError, TargetError
from harness.targets.base import Proof
from harness.targets.cluster_abilities import WorkersAsked
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.connection import Connection
from harness.targets.kubernetes.load_objects import load_entry, load_labels, worker_objects
from harness.targets.kubernetes.objects import Bare, BareList, Meta, Pod, PodList, pods_path
from harness.targets.kubernetes.place import place_of
from harness.targets.kubernetes.pod_troubles import hopeless, states

if TYPE_CHECKING:
    from harness.system import System

RUNNING_LIMIT_S: Final = 60.0
GONE_LIMIT_S: Final = 15.0
LOG_BYTES_MAX: Final = 200_000
_LOOK_AGAIN_S: Final = 0.2
_PATHS: Final = {
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "Pod": "/api/v1/namespaces/{}/pods",
    "NetworkPolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "ConfigMap": "/api/v1/namespaces/{}/configmaps",
}


class LoadWorkers:
    """The load workers of one place. Every method raises TargetError."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def run(self, objects: list[dict[str, Any]], count: int) -> None:
        """Create them in place of older ones, and wait until every worker runs."""
        self.remove()
        self._wait_gone()
        created = [(one["kind"], self._create(one)) for one in objects]
        owners = [_owner(meta) for kind, meta in created if kind == "Job"]
        for kind, meta in created:
            if kind != "Job":
                change = {"metadata": {"ownerReferences": owners}}
                self._cluster.connection.patch(f"{self._path(kind)}/{meta.name}", change)
        self._wait_running(count)

    def remove(self) -> None:
        """All that carries their label; nothing to do where there is none."""
        for kind in _PATHS:
            for meta in self._labelled(kind):
                options = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}
                self._cluster.connection.delete(f"{self._path(kind)}/{meta.name}", options)

    def removed(self) -> Proof:
        """Whether none of it is left."""
        left = [f"{kind} {meta.name}" for kind in _PATHS for meta in self._labelled(kind)]
        return Proof(not left, f"left: {', '.join(left[:5]) or 'nothing'}")

    def logs(self) -> dict[str, bytes]:
        """What each worker has written, by the name of its pod."""
        found = {}
        for pod in self._pods():
            path = f"{pods_path(self._cluster.place.namespace, pod.metadata.name)}/log"
            try:
                text = self._cluster.connection.get(path, limitBytes=LOG_BYTES_MAX)
            except TargetError as error:  # the others may still have theirs
                text = str(error).encode()
            found[pod.metadata.name] = text
        return found

    def _create(self, one: dict[str, Any]) -> Meta:
        raw = self._cluster.connection.create(self._path(one["kind"]), one)
        return msgspec.json.decode(raw, type=Bare).metadata

    def _wait_running(self, count: int) -> None:
        ends = time.monotonic() + RUNNING_LIMIT_S
        while True:
            pods = self._pods()
            phases = [pod.status.phase for pod in pods]
            if phases.count("Running") >= count:
                return
            if bad := [*(why for pod in pods for why in hopeless(pod)), *self._failed(pods)]:
                raise TargetError(f"a load worker does not start: {'; '.join(bad[:3])}")
            if time.monotonic() >= ends:
                what = "; ".join(states(pods)) or "there are no pods"
                text = f"{phases.count('Running')} of {count} load workers run"
                raise TargetError(f"{text} after {RUNNING_LIMIT_S:g} s: {what}"[:2000])
            time.sleep(_LOOK_AGAIN_S)

    def _failed(self, pods: tuple[Pod, ...]) -> list[str]:
        names = [pod.metadata.name for pod in pods if pod.status.phase == "Failed"]
        logs = self.logs() if names else {}
        return [f"{name}: {_last_words(logs.get(name, b''))}" for name in names]

    def _wait_gone(self) -> None:
        ends = time.monotonic() + GONE_LIMIT_S
        while not (gone := self.removed()).holds:
            if time.monotonic() >= ends:
                raise TargetError(f"older load workers are not gone: {gone.how}")
            time.sleep(_LOOK_AGAIN_S)

    def _pods(self) -> tuple[Pod, ...]:
        labels = load_labels(self._cluster.place)
        return self._cluster.read(PodList, self._path("Pod"), labelSelector=labels).items

    def _labelled(self, kind: str) -> list[Meta]:
        labels = load_labels(self._cluster.place)
        found = self._cluster.read(BareList, self._path(kind), labelSelector=labels)
        return [one.metadata for one in found.items]

    def _path(self, kind: str) -> str:
        return _PATHS[kind].format(self._cluster.place.namespace)


class HostsLoadWorkers:
    """Implements HostsLoad for a target with a cluster."""

    _cluster: Cluster

    @classmethod
    def master_host(cls, system: System) -> str:
        """The address of this machine on its way to the API server."""
        place = place_of(system, None)
        return address_towards(Connection(place.context, place.kubeconfig).server)

    @classmethod
    def worker_objects(
        cls, system: System, deployment: Path | None, asked: WorkersAsked
    ) -> list[dict[str, Any]]:
        """The Jobs, a NetworkPolicy, and a ConfigMap for a scenario that the image has not."""
        return worker_objects(place_of(system, deployment), asked)

    def load_entry(self) -> str:
        """The entry Service by its name in the namespace."""
        return load_entry(self._cluster.place)

    def run_workers(self, asked: WorkersAsked) -> None:
        """Create the Jobs."""
        LoadWorkers(self._cluster).run(worker_objects(self._cluster.place, asked), asked.count)

    def worker_logs(self) -> Mapping[str, bytes]:
        """The logs of their pods."""
        return LoadWorkers(self._cluster).logs()


def address_towards(url: str) -> str:
    """Our own address on the way to that server; nothing is sent. Raises ConfigError."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            parts.hostname, port, type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])
    except OSError as error:
        fix = "name one by --workers-at HOST:PORT"
        raise ConfigError(f"no address of this machine towards {url}: {error}; {fix}") from error


def _owner(meta: Meta) -> dict[str, Any]:
    return {"apiVersion": "batch/v1", "kind": "Job", "name": meta.name, "uid": meta.uid}


def _last_words(log: bytes) -> str:
    said = [line.strip() for line in log.decode("utf-8", "replace").splitlines() if line.strip()]
    return (said or ["it said nothing"])[-1][:300]
