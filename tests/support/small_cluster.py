"""A small system in a namespace of its own of the local test cluster; without one tests skip.

Its pods are CoreDNS, whose image every such cluster has: it answers GET /health and /ready.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from harness.clock import SystemClock
from harness.safety.state import State
from harness.system import System, SystemFiles
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.connection import Connection
from harness.targets.kubernetes.lifecycle import KubernetesLifecycle
from harness.targets.kubernetes.place import place_of, write_place
from harness.targets.kubernetes.target import KubernetesTarget

CONTEXT = "squall-local"
_SYSTEM = """
name: small
entry: client>web
services: [{name: web}, {name: store}]
edges: [{name: client>web}]
"""
_DEPLOYMENT = """
target: kubernetes
options: {overlays: overlays, overlay: two, entry: "web:8080", image: "squall.local/squall:1"}
services:
  - {name: web, options: {port: "8080"}}
  - {name: store, options: {port: "8080"}}
"""
_POD = """
  template:
    metadata: {labels: {app.kubernetes.io/name: NAME}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: NAME
          image: squall.local/coredns:1
          imagePullPolicy: Never
          args: [-conf, /etc/coredns/Corefile]
          resources: {requests: {cpu: 1m, memory: 8Mi}}
          readinessProbe: {httpGet: {path: /ready, port: 8181}, periodSeconds: 1}
          volumeMounts: [{name: config, mountPath: /etc/coredns}]
      volumes: [{name: config, configMap: {name: corefile}}]
"""
_MANIFEST = """
apiVersion: v1
kind: ConfigMap
metadata: {name: corefile}
data: {Corefile: ".:1053 {\\n errors\\n health :8080\\n ready :8181\\n}\\n"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app.kubernetes.io/name: web}}
WEB
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store}
spec:
  replicas: 1
  serviceName: store
  selector: {matchLabels: {app.kubernetes.io/name: store}}
STORE
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app.kubernetes.io/name: web}
  ports: [{port: 8080}]
"""


def why_no_cluster() -> str:
    """Why tests cannot use a local test cluster; "" if they can."""
    path = os.environ.get("KUBECONFIG", "")
    if not path or not Path(path).is_file():
        return f"KUBECONFIG names no cluster {CONTEXT}"
    contexts = yaml.safe_load(Path(path).read_text()).get("contexts") or ()
    if CONTEXT not in [context["name"] for context in contexts]:
        return f"KUBECONFIG names no cluster {CONTEXT}"
    return "" if shutil.which("kubectl") else "kubectl is not in PATH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """The files of the system, and where it is."""

    folder: Path
    namespace: str

    @property
    def files(self) -> SystemFiles:
        place = {"context": CONTEXT, "namespace": self.namespace}
        return SystemFiles(
            system=self.folder / "system.yaml",
            deployment=self.folder / "kubernetes.yaml",
            target="kubernetes",
            place=place,
        )

    @property
    def system(self) -> System:
        return self.files.read()

    @property
    def state(self) -> State:
        return State(root=self.folder / "state")

    @property
    def cluster(self) -> Cluster:
        place = place_of(self.system, self.files.deployment)
        return Cluster(place, Connection(place.context, place.kubeconfig))

    @property
    def lifecycle(self) -> KubernetesLifecycle:
        return KubernetesLifecycle(self.cluster)

    def target(self) -> KubernetesTarget:
        write_place(self.state, self.cluster.place)
        return KubernetesTarget.attach(self.state)

    def kubectl(self, *words: str) -> str:
        """The output of kubectl in this namespace."""
        at = ("kubectl", "--context", CONTEXT, "--namespace", self.namespace)
        words = (*at, *words)
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout


def until(true: Callable[[], bool], within_s: float) -> bool:
    """Whether it becomes true in that time."""
    clock = SystemClock()
    ends = clock.monotonic_ns() + int(within_s * 1e9)
    while not true():
        if clock.monotonic_ns() > ends:
            return False
        clock.sleep(0.1)
    return True


def small_files(folder: Path) -> Small:
    """Its files, and the name of an unused namespace."""
    overlay = folder / "overlays" / "two"
    overlay.mkdir(parents=True)
    (folder / "state").mkdir(mode=0o700)
    (folder / "system.yaml").write_text(_SYSTEM)
    (folder / "kubernetes.yaml").write_text(_DEPLOYMENT)
    web, store = (_POD.replace("NAME", name) for name in ("web", "store"))
    (overlay / "all.yaml").write_text(_MANIFEST.replace("WEB", web).replace("STORE", store))
    (overlay / "kustomization.yaml").write_text("resources: [all.yaml]\n")
    return Small(folder=folder, namespace=f"squall-test-{secrets.token_hex(4)}")


@contextmanager
def small_system(folder: Path) -> Iterator[Small]:
    """The system, up until the end of the block."""
    if why := why_no_cluster():
        pytest.skip(why)
    small = small_files(folder)
    try:
        small.lifecycle.begin()
        small.lifecycle.wait_ready()
        yield small
    finally:
        small.lifecycle.remove()
