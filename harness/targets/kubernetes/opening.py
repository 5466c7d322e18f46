"""Opens the system of an UpPlan: notes its place first, then applies it."""

from __future__ import annotations

import msgspec

from harness.errors import TargetError
from harness.system import read_system
from harness.targets.base import UpPlan
from harness.targets.kubernetes.cluster import Cluster
from harness.targets.kubernetes.connection import Connection
from harness.targets.kubernetes.lifecycle import KubernetesLifecycle
from harness.targets.kubernetes.place import place_of, write_place
from harness.targets.kubernetes.running import InNamespace


def open_system(plan: UpPlan) -> InNamespace:
    """Begin to start it. Raises ConfigError, TargetError."""
    read = read_system(plan.system, plan.deployment)
    system = msgspec.structs.replace(read, options={**read.options, **plan.options})
    place = place_of(system, plan.deployment)
    try:
        write_place(plan.state, place)
    except OSError as error:
        raise TargetError(f"{error.filename}: cannot be written: {error.strerror}") from error
    cluster = Cluster(place, Connection(place.context, place.kubeconfig))
    return InNamespace(KubernetesLifecycle(cluster), plan.state, hold=plan.hold)
