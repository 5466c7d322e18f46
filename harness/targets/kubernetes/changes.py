"""What changed between two sights of an object, as events.

```
target  instance  <pod>       state: starting unready ready down; uid, node, service, why
        restarted <pod>       uid, count, why: the container was started again
        scaled    <workload>  before, replicas
        rollout   <workload>  generation; done: true when all replicas are of it
load    worker    <pod>       as of an instance: a load worker is no part of the system
```
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from harness.targets.kubernetes.cluster import is_of
from harness.targets.kubernetes.instances import state_of
from harness.targets.kubernetes.objects import Pod, Workload
from harness.targets.kubernetes.place import LOAD, Place
from harness.timeline import Scalar, Timeline

_DELETED: Final = "DELETED"


class Changes(Protocol):
    """Follows the objects of one kind, as the API server writes them."""

    def listed(self, items: Sequence[msgspec.Raw], *, tell: bool = True) -> None:
        """All that there are."""

    def changed(self, change: str, item: msgspec.Raw) -> None:
        """One line of a watch."""


class PodChanges:
    """Tells of pods. Implements Changes."""

    def __init__(self, place: Place, timeline: Timeline) -> None:
        self._place, self._timeline = place, timeline
        self._known: dict[str, Pod] = {}

    def listed(self, items: Sequence[msgspec.Raw], *, tell: bool = True) -> None:
        """A whole list: those that are not in it are gone."""
        pods = [msgspec.json.decode(item, type=Pod) for item in items]
        uids = {pod.metadata.uid for pod in pods}
        for uid in [uid for uid in self._known if uid not in uids]:
            pod = self._known.pop(uid)
            if tell:
                self._tell(pod, "down", why="not in the list after a break")
        for pod in pods:
            self._one("LISTED", pod)

    def changed(self, change: str, item: msgspec.Raw) -> None:
        """One line of a watch."""
        self._one(change, msgspec.json.decode(item, type=Pod))

    def _one(self, change: str, pod: Pod) -> None:
        uid = pod.metadata.uid
        before = self._known.get(uid)
        if change == _DELETED:
            self._known.pop(uid, None)
            self._tell(pod, "down", why="deleted")
            return
        self._known[uid] = pod
        self._tell_state(before, pod)
        if before is not None:
            self._tell_restarts(before, pod)

    def _tell_state(self, before: Pod | None, pod: Pod) -> None:
        was = None if before is None else self._seen(before)
        now = self._seen(pod)
        if was != now:
            state, node, why = now
            self._tell(pod, state, node=node or None, why=why or None)

    def _seen(self, pod: Pod) -> tuple[str, str, str]:
        """State, node and reason: what a person wants to know of it."""
        state = "unready" if pod.metadata.deletion_timestamp else state_of(pod)
        why = "terminating" if pod.metadata.deletion_timestamp else pod.status.reason
        return ("down" if state == "stopped" else state), pod.spec.node_name, why

    def _tell_restarts(self, before: Pod, pod: Pod) -> None:
        counts = {status.name: status.restart_count for status in before.status.container_statuses}
        for status in pod.status.container_statuses:
            if status.restart_count > counts.get(status.name, status.restart_count):
                self._timeline.tell(
                    "target",
                    "restarted",
                    pod.metadata.name,
                    uid=pod.metadata.uid,
                    container=status.name,
                    count=status.restart_count,
                )

    def _tell(self, pod: Pod, state: str, **data: Scalar) -> None:
        service = next((one.name for one in self._place.services if is_of(pod, one)), None)
        known = {"state": state, "uid": pod.metadata.uid, "service": service, **data}
        kept: dict[str, Scalar] = {name: value for name, value in known.items() if value}
        is_load = LOAD in pod.metadata.labels
        source, kind = ("load", "worker") if is_load else ("target", "instance")
        self._timeline.tell(source, kind, pod.metadata.name, "", **kept)


class WorkloadChanges:
    """Tells of Deployments or StatefulSets. Implements Changes."""

    def __init__(self, word: str, timeline: Timeline) -> None:
        self._word, self._timeline = word, timeline
        self._known: dict[str, Workload] = {}

    def listed(self, items: Sequence[msgspec.Raw], *, tell: bool = True) -> None:
        """A whole list."""
        del tell
        for item in items:
            self.changed("LISTED", item)

    def changed(self, change: str, item: msgspec.Raw) -> None:
        """One line of a watch."""
        workload = msgspec.json.decode(item, type=Workload)
        name = workload.metadata.name
        before = self._known.get(name)
        if change == _DELETED:
            self._known.pop(name, None)
            self._tell(workload, "deleted")
            return
        self._known[name] = workload
        if before is None:
            return
        if before.spec.replicas != workload.spec.replicas:
            old, new = before.spec.replicas, workload.spec.replicas
            self._timeline.tell("target", "scaled", name, before=old, replicas=new)
        elif before.metadata.generation != workload.metadata.generation:
            self._tell(workload, "rollout", generation=workload.metadata.generation, done=False)
        if workload.ready and not before.ready:
            self._tell(workload, "rollout", generation=workload.metadata.generation, done=True)

    def _tell(self, workload: Workload, kind: str, **data: Scalar) -> None:
        self._timeline.tell("target", kind, workload.metadata.name, "", of=self._word, **data)
