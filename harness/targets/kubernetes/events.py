"""Pods and workloads as events of the timeline, by uid; a watch that breaks is begun again.

A watch begins with a list. After a break the new list is compared with the last known states, so
that no change is lost. `watch_broken` and `watch_resumed` bound that time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import msgspec

from harness.errors import TargetError
from harness.targets.kubernetes.changes import Changes, PodChanges, WorkloadChanges
from harness.targets.kubernetes.cluster import KINDS, Cluster
from harness.targets.kubernetes.log_events import LogEvents
from harness.targets.kubernetes.objects import Meta, pods_path, workloads_path
from harness.timeline import FileTimeline, Timeline

WATCH_S: Final = (
    10  # the server ends each watch after this time, and it is begun again where it ended
)
SILENCE_S: Final = 5.0
_BEGIN_AGAIN_S: Final = 0.5
_JOIN_S: Final = 2.0
_GONE: Final = 410


class _Bookmark(msgspec.Struct, frozen=True):
    metadata: Meta = Meta()
    code: int = 0


class _Line(msgspec.Struct, frozen=True):
    type: str
    object: msgspec.Raw


class _Listed(msgspec.Struct, frozen=True):
    metadata: Meta = Meta()
    items: tuple[msgspec.Raw, ...] = ()


def follow(cluster: Cluster, timeline: Timeline) -> Callable[[], None]:
    """Follow pods and workloads until the result is called."""
    over = threading.Event()
    place = cluster.place
    watches = [_Watch(cluster, pods_path(place.namespace), PodChanges(place, timeline), timeline)]
    watches += [
        _Watch(
            cluster,
            workloads_path(place.namespace, kind),
            WorkloadChanges(kind, timeline),
            timeline,
        )
        for kind in KINDS
    ]
    threads = [
        threading.Thread(target=watch.run, args=(over,), name=f"watch {watch.path}", daemon=True)
        for watch in watches
    ]
    for thread in threads:
        thread.start()

    logs = LogEvents(cluster, timeline) if isinstance(timeline, FileTimeline) else None
    if logs is not None:
        logs.start()

    def stop() -> None:
        over.set()
        if logs is not None:
            logs.stop()
        for watch in watches:
            watch.close()
        for thread in threads:
            thread.join(_JOIN_S)

    return stop


class _Watch:
    """One kind of object."""

    def __init__(
        self,
        cluster: Cluster,
        path: str,
        changes: Changes,
        timeline: Timeline,
    ) -> None:
        self.path = path
        self._cluster, self._changes, self._timeline = cluster, changes, timeline
        self._over = False
        self._broken = ""

    def close(self) -> None:
        """Tell no more."""
        self._over = True

    def run(self, over: threading.Event) -> None:
        """Until it is over."""
        version = ""
        while not over.is_set():
            try:
                version = version or self._list()
                version = self._follow(version)
            except (TargetError, msgspec.MsgspecError) as error:
                version = ""
                self._break(str(error))
                over.wait(_BEGIN_AGAIN_S)

    def _list(self) -> str:
        raw = self._cluster.connection.get(self.path, labelSelector=self._cluster.place.labels)
        listed = msgspec.json.decode(raw, type=_Listed)
        if self._broken and not self._over:
            self._timeline.tell("target", "watch_resumed", self._what, why=self._broken)
            self._broken = ""
        self._changes.listed(listed.items, tell=not self._over)
        return listed.metadata.resource_version

    def _follow(self, version: str) -> str:
        lines = self._cluster.connection.lines(
            self.path,
            WATCH_S + SILENCE_S,
            watch="1",
            labelSelector=self._cluster.place.labels,
            resourceVersion=version,
            allowWatchBookmarks="true",
            timeoutSeconds=WATCH_S,
        )
        for raw in lines:
            if self._over:
                break
            line = msgspec.json.decode(raw, type=_Line)
            mark = msgspec.json.decode(line.object, type=_Bookmark)
            if line.type == "ERROR":
                raise TargetError(f"the watch ended with code {mark.code}")
            if line.type != "BOOKMARK":
                self._changes.changed(line.type, line.object)
            version = mark.metadata.resource_version or version
        return version

    def _break(self, why: str) -> None:
        if not self._broken and not self._over:
            self._timeline.tell("target", "watch_broken", self._what, why=why[:300])
            self._broken = why[:300]

    @property
    def _what(self) -> str:
        return self.path.rpartition("/")[2]
