"""Which processes of this machine carry the system, where the cluster's nodes share its kernel.

A local test cluster (kind, k3s, nodes in network namespaces) runs its pods on the machine of the
load: their CPU is not that of strangers. Whether it is so is seen in /proc: the path of a control
group names the uid of a pod.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from harness.host.processes import PROC
from harness.targets.kubernetes.cluster import Cluster

_PODS: Final = "kubepods"
# What a cluster runs outside of pods, by the kernel's name of the process (15 letters).
_DAEMONS: Final = ("kube", "etcd", "containerd", "runc", "crio", "conmon", "dockerd", "k3s")


def own_process(cluster: Cluster) -> Callable[[int, str], bool]:
    """Tells of a process whether it is a pod's or the cluster's. Raises TargetError."""
    uids = {pod.metadata.uid for pod in cluster.pods()}
    if not any(_names(_group(entry), uids) for entry in PROC.iterdir() if entry.name.isdigit()):
        return lambda _pid, _name: False
    known: dict[tuple[int, str], bool] = {}

    def own(pid: int, name: str) -> bool:
        key = (pid, name)
        if key not in known:
            known[key] = name.startswith(_DAEMONS) or _PODS in _group(PROC / str(pid))
        return known[key]

    return own


def _group(entry: Path) -> str:
    try:
        return (entry / "cgroup").read_text("utf-8", errors="replace")
    except OSError:  # it has ended
        return ""


def _names(group: str, uids: set[str]) -> bool:
    return _PODS in group and any(uid in group.replace("_", "-") for uid in uids)
